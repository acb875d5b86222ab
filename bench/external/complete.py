"""Whether every prediction is there once: no fold, case or site left out, none given twice. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, Case
from bench.data.names import visible
from bench.errors import RequestError, listed
from bench.external.rows import ENTRY, named, places, refuse_rows
from bench.external.table import NO_FOLD
from bench.folds.table import NEVER_HELD_OUT, FoldTable

ADVICE = "Numbers over a part of the cases or folds cannot be compared: add the rows, or leave the whole seed out."


@dataclass(frozen=True)
class Gap:
    """What is missing, whether as `cases` or as whole `folds`."""

    where: str
    what: str
    cases: frozenset[str] = frozenset()


def refuse_duplicates(table: pd.DataFrame) -> None:
    """An internal case is predicted once a seed, whatever the fold; an external one once by each fold's model."""
    model = table["fold"].where(table["site"] != INTERNAL, NO_FOLD)
    twice = table.assign(model=model).duplicated([*ENTRY, "seed", "model", "case_id"], keep=False).to_numpy()
    refuse_rows(
        table,
        twice,
        "predict a case twice under one backbone, weights, recipe and seed (an external case: in one fold)",
        "Leave one prediction of each; rows of different models need different names in backbone or recipe.",
    )


def refuse_gaps(table: pd.DataFrame, cases: Sequence[Case], folds: FoldTable, number: int) -> None:
    """Raise `RequestError` where a seed lacks folds or cases, naming them and the rows that should have company."""
    beyond = ((table["fold"] != NO_FOLD) & (table["fold"] >= number)).to_numpy()
    refuse_rows(table, beyond, f"have a fold beyond {number - 1}, the last that holds out internal cases", ADVICE)
    members: dict[str, set[str]] = {}
    for case in cases:
        members.setdefault(case.site, set()).add(case.case_id)
    predicted = set(table[[*ENTRY, "site"]].drop_duplicates().itertuples(index=False, name=None))
    for (*entry, seed), rows in table.groupby([*ENTRY, "seed"], sort=False):
        name = f"{named(*entry)}, seed {seed}"
        sites = [site for site in members if (*entry, site) in predicted]
        gaps = list(_gaps(rows, name, members, sites, folds.by_seed.get(int(seed), {}), number))
        if gaps:
            raise RequestError(_message(gaps, table, rows))


def _gaps(
    rows: pd.DataFrame,
    name: str,
    members: Mapping[str, set[str]],
    sites: Sequence[str],
    fold_of: Mapping[str, int],
    number: int,
) -> Iterator[Gap]:
    """`rows` are those of one entry and seed."""
    inside = rows[rows["site"] == INTERNAL]
    folded = bool((rows["fold"] != NO_FOLD).any())
    models = list(range(number)) if folded else [NO_FOLD]
    if missing := sorted(set(models) - set(inside["fold"])):
        which = f" in fold(s) {listed(list(map(str, missing)))} of 0 to {number - 1}" if folded else ""
        yield Gap(name, f"no internal case{which}")
        return
    wanted = {case for case in members[INTERNAL] if not folded or fold_of.get(case) != NEVER_HELD_OUT}
    if absent := wanted - set(inside["case_id"]):
        yield Gap(name, f"no prediction of {len(absent)} internal case(s)", frozenset(absent))
    for site in sites:
        for model in models if site != INTERNAL else []:
            of_model = rows[(rows["site"] == site) & (rows["fold"] == model)]
            if absent := members[site] - set(of_model["case_id"]):
                where = f"{name}, fold {model}" if folded else name
                yield Gap(where, f"no prediction of {len(absent)} case(s) of {site}", frozenset(absent))


def _message(gaps: Sequence[Gap], table: pd.DataFrame, rows: pd.DataFrame) -> str:
    gap = gaps[0]
    more = f" (and {len(gaps) - 1} more such gap(s) of this seed)" if len(gaps) > 1 else ""
    text = f"{gap.where} has {gap.what}"
    elsewhere = table["case_id"].isin(gap.cases).to_numpy()
    if gap.cases:
        text += f": {listed(sorted(gap.cases))}"
    if elsewhere.any():
        text += f"; other predictions of them are in {places(table, elsewhere)}"
    else:
        text += f"; its predictions are in {places(table, np.asarray(table.index.isin(rows.index)))}"
    hint = ""
    if gap.cases and not (rows["fold"] != NO_FOLD).any():
        hint = " Where each seed is a single hold-out split, give it a column fold that is 0 in every row."
    return visible(f"{text}{more}. {ADVICE}{hint}")
