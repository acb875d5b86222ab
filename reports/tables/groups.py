"""From cases to groups (patients, or volumes and series where no patient is known) as the unit of a leaderboard."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reports.statistics.cases import Cases, index_cases
from reports.statistics.checked_predictions import check_predictions
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.group_pooling import UNDECIDED, Pool, label_groups, pool_probabilities
from reports.statistics.probabilities import are_probabilities, probabilities_in, probability_columns
from reports.tables.row import Entry
from reports.tables.wording import listed

_WITHOUT_GROUPS = (
    "no case has a group (a patient or a volume), so there is nothing to pool. Name patients by a column `group` of a "
    "manifest or by folders inside the classes; DICOM files and NIfTI volumes name theirs"
)


class NoGroups(ValueError):
    """Cases cannot be pooled to groups; says why and what to do, without a full stop."""


@dataclass(frozen=True)
class Grouping:
    """How cases become groups: `pool` as `Pool.parse` reads it; the order in which classes label a group."""

    pool: str = "mean"
    label_order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Groups:
    """All groups, a case without one counting as its own.

    table: columns case_id (that of the group's first case), site and label, a row for each cluster of `cases` in the
    order of its codes. notes: what to tell of how they came about.
    """

    cases: Cases
    table: pd.DataFrame
    notes: tuple[str, ...]


def groups_of(cases: pd.DataFrame, classes: Sequence[str], grouping: Grouping) -> Groups:
    """The groups of the case table (columns case_id, site, label, group).

    Raises:
        NoGroups: no case has a group, a group has cases of several classes and none that the order names, or at several
            sites; or the order names a class that is none.
    """
    order = [_code(name, classes) for name in grouping.label_order]
    named = cases[cases["group"].notna() & (cases["group"].astype(str) != "")] if "group" in cases else cases[:0]
    if named.empty:
        raise NoGroups(_WITHOUT_GROUPS)
    _refuse(
        named.groupby("group")["site"].unique(),
        "have cases at several sites",
        "Give the patients of each site names of their own, or leave the copies out",
    )
    indexed = index_cases(cases, classes)
    label = label_groups(indexed.label, indexed.cluster, len(classes), order)
    undecided = pd.Series(label[indexed.cluster] == UNDECIDED, index=indexed.ids)
    _refuse(
        named[undecided[named["case_id"]].to_numpy()].groupby("group")["label"].unique(),
        "have cases of several classes, and no order says which counts",
        "Give the classes in the order in which they count, such as --label-order lesion,normal (key label_order)",
    )
    first = np.unique(indexed.cluster, return_index=True)[1]
    table = pd.DataFrame(
        {
            "case_id": indexed.ids[first],
            "site": np.array(indexed.site_names, dtype=object)[indexed.site[first]],
            "label": np.array(classes, dtype=object)[label],
        }
    )
    notes = (_how(indexed, classes, grouping), *_loners(len(cases) - len(named)))
    return Groups(indexed, table, notes)


def _code(name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise NoGroups(f"label_order names {name!r}, which is none of the classes {', '.join(classes)}")
    return list(classes).index(name)


def _refuse(values: pd.Series, what: str, advice: str) -> None:
    """values: for each group what it should have one of. Raises NoGroups naming the first that have several."""
    several = values[values.map(len) > 1]
    if len(several):
        names = [f"{group} ({', '.join(sorted(map(str, found)))})" for group, found in several.items()]
        raise NoGroups(f"{len(several)} group(s) {what}: {listed(names)}. {advice}")


def _how(cases: Cases, classes: Sequence[str], grouping: Grouping) -> str:
    """How many groups there are, how they are pooled, and what decides their labels."""
    n_groups, n_classes = len(cases.stratum), len(classes)
    held = np.zeros((n_groups, n_classes), dtype=np.bool_)
    held[cases.cluster, cases.label] = True
    mixed = int((held.sum(1) > 1).sum())
    label = "the cases of each have one label"
    if mixed:
        label = (
            f"{mixed} have cases of several classes and are labelled by the first of {', '.join(grouping.label_order)}"
        )
    pooled = Pool.parse(grouping.pool).in_words
    return f"Groups: {len(cases.ids)} cases of {n_groups} groups; probabilities are {pooled}; {label}."


def _loners(number: int) -> Iterator[str]:
    if number:
        yield f"{number} cases have no group; each counts as a group of its own."


def pool_entries(
    entries: Iterable[Entry], groups: Groups, classes: Sequence[str], pool: str
) -> tuple[list[Entry], list[str]]:
    """Each entry with one prediction a group, seed and fold model; and notes.

    Where an entry lacks the probabilities of some prediction, each case votes with its predicted class.

    Raises:
        ValueError: as `check_predictions`.
        NoGroups: a model predicted a part of a group.
    """
    pooled, notes = list[Entry](), list[str]()
    for entry in entries:
        one, votes = _pool_entry(entry, groups, classes, Pool.parse(pool))
        if entry.draws:
            of_draws = replace(entry, predictions=entry.draws.predictions)
            predictions = _pool_entry(of_draws, groups, classes, Pool.parse(pool))[0].predictions
            one = replace(one, draws=replace(entry.draws, predictions=predictions))
        pooled.append(one)
        if votes:
            notes.append(
                f"{entry.full_name}: not every prediction has probabilities, so each case votes with its class."
            )
    return pooled, notes


def _pool_entry(entry: Entry, groups: Groups, classes: Sequence[str], pool: Pool) -> tuple[Entry, bool]:
    """The entry at the level of groups, and whether cases voted."""
    found = check_predictions(entry.predictions, groups.cases, entry.full_name)
    cluster = groups.cases.cluster[found.case]
    order = np.lexsort((found.case, cluster, found.fold, found.seed))
    keys = np.stack([found.seed, found.fold, cluster])[:, order]
    new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(0)) if keys.size else np.zeros(0, dtype=np.bool_)
    of = np.cumsum(new) - 1
    _refuse_parts(keys[2][new], np.bincount(of), groups, entry.full_name)
    values, votes = _values(entry.predictions, found.predicted, classes)
    pooled = pool_probabilities(values[order], of, Pool() if votes else pool)
    names, rows = np.array(classes, dtype=object), groups.table.iloc[keys[2][new]].reset_index(drop=True)
    table = pd.DataFrame({"seed": keys[0][new], "fold": keys[1][new]}).join(rows)
    table["predicted"] = names[pooled.argmax(1)]
    if not votes:
        table[probability_columns(classes)] = pooled
    return replace(entry, predictions=table), votes


def _values(predictions: pd.DataFrame, predicted: Integers, classes: Sequence[str]) -> tuple[Floats, bool]:
    """Probabilities (n_predictions, n_classes), or votes where some are none, and whether they are votes."""
    values = probabilities_in(predictions, classes)
    if values is not None and are_probabilities(values).all():
        return values, False
    return np.eye(len(classes))[predicted], True


def _refuse_parts(cluster: Integers, sizes: Integers, groups: Groups, name: str) -> None:
    """A group whose cases lie in several folds, or that is held out in part, has no prediction of its own."""
    whole = np.bincount(groups.cases.cluster)[cluster]
    parts = np.unique(cluster[sizes != whole])
    if len(parts):
        ids = groups.table["case_id"].iloc[parts].astype(str).tolist()
        raise NoGroups(
            f"{name}: {len(parts)} group(s) were predicted in part by one model, since folds.parquet or the imported "
            f"predictions divide them; their first cases: {listed(ids)}. Keep the cases of a group in one fold"
        )
