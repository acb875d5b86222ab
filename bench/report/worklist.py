"""The label worklist of a results folder. Writes tables/label_worklist.csv."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, Case
from bench.store.files import FolderFiles
from reports import Entry, Leaderboard
from reports.draw.csv_table import csv_text
from reports.statistics.confusion_counts import Floats
from reports.statistics.probabilities import are_probabilities, probabilities_in, probability_columns
from reports.statistics.worklist import Worklist, build_worklist
from reports.statistics.worklist_precision import is_informative, precision_in_words
from reports.tables.caveats import NEAR_GUESSING, has
from reports.tables.table import Column, Table

WORKLIST = "tables/label_worklist.csv"
_COLUMNS = (
    Column("rank", "Rank", "number"),
    *(Column("case_id", "Case"), Column("path", "Path", shown="never")),
    *(Column("label", "Label"), Column("suggested", "Suggested")),
    *(Column(name, name.replace("_", " ").capitalize(), "number") for name in ("confidence", "score", "agreement")),
    *(Column("flip_rate", "Flip rate", "number"), Column("seeds", "Seeds", "number")),
)


@dataclass(frozen=True)
class FoundLabels:
    """The worklist: cases and, in their order, the rows of the table (None where no case qualifies).

    judged: how many cases have a prediction. left_out: entries without a probability for every prediction. withheld:
    why there is no list, or which entries guessing might equal, so that they were not used; precision: what to expect
    of the list.
    """

    table: Table | None
    cases: tuple[Case, ...]
    judged: int
    left_out: tuple[str, ...]
    withheld: str | None = None
    precision: str | None = None


def write_worklist(root: Path, found: FoundLabels) -> list[str]:
    """Write the list; no file where there is none.

    Returns what to tell the user: how many cases there are, how many of them to expect to be mislabelled, and which
    entries are left out and why.
    """
    files, path, said = FolderFiles(root), root / WORKLIST, list[str]()
    if found.table is None:
        files.remove([WORKLIST])
    else:
        files.write(WORKLIST, csv_text(found.table))
        said.append(f"Labels to look at again, by most seeds: {len(found.cases)} of {found.judged} cases, in {path}.")
    said += [found.precision] if found.precision else []
    if found.withheld:
        said.append(found.withheld)
    if found.left_out:
        said.append(f"Without a probability for every prediction, so not in {WORKLIST}: {'; '.join(found.left_out)}.")
    return said


def better_than_guessing(leaderboard: Leaderboard) -> frozenset[tuple[str, str, str]]:
    """Backbone, weights and recipe of the rows that are clearly better than guessing."""
    return frozenset(row.key for row in leaderboard.rows if not leaderboard.near_guessing(row))


def find_labels(
    entries: Sequence[Entry],
    cases: Sequence[Case],
    classes: Sequence[str],
    usable: Collection[tuple[str, str, str]],
) -> FoundLabels:
    """The internal cases whose label most seeds contradict with confidence.

    usable: backbone, weights and recipe of the entries that are clearly better than guessing; what others contradict
    says nothing of labels.
    """
    internal = [case for case in cases if case.site == INTERNAL]
    # those of groups say nothing of single cases, and an adapted model is nearly its baseline once more
    entries = [entry for entry in entries if not (has(entry.caveats, "of_groups") or entry.adaptation)]
    blind = [entry for entry in entries if entry.key not in usable]
    entries = [entry for entry in entries if entry.key in usable]
    inside = [entry.predictions[entry.predictions["site"] == INTERNAL] for entry in entries]
    complete = [_have_probabilities(predictions, classes) for predictions in inside]
    arrays = _arrays([table for table, kept in zip(inside, complete, strict=True) if kept], internal, classes)
    left_out = tuple(entry.full_name for entry, kept in zip(entries, complete, strict=True) if not kept)
    withheld = _withheld(blind, none_left=not arrays)
    labels = np.array([classes.index(case.label) for case in internal], dtype=np.int64)
    worklist = build_worklist(arrays, labels) if arrays else None
    if worklist is None or not worklist.suspects:
        return FoundLabels(None, (), worklist.judged if worklist else 0, left_out, withheld)
    if not is_informative(worklist):
        said = " ".join(filter(None, (_blind_list(worklist), withheld)))
        return FoundLabels(None, (), worklist.judged, left_out, said)
    return FoundLabels(
        worklist_table(worklist, internal, classes),
        tuple(internal[one.case] for one in worklist.suspects),
        worklist.judged,
        left_out,
        withheld,
        precision_in_words(worklist),
    )


def _withheld(blind: Sequence[Entry], *, none_left: bool) -> str | None:
    if not blind:
        return None
    what = "No list of labels to look at again" if none_left else "Not used for labels to look at again"
    names = "; ".join(entry.full_name for entry in blind)
    return f"{what}, since what contradicts labels is {NEAR_GUESSING.text}: {names}."


def _blind_list(worklist: Worklist) -> str:
    return (
        f"No list of labels to look at again: of the {len(worklist.suspects)} of {worklist.judged} cases that models "
        "contradict, less than twice as many would be wrong as of cases drawn blindly."
    )


def worklist_table(worklist: Worklist, cases: Sequence[Case], classes: Sequence[str]) -> Table:
    """The rows of tables/label_worklist.csv; `cases` are those that the worklist was built from, in that order."""
    rows = tuple(
        (
            *(rank, cases[one.case].case_id, cases[one.case].path, classes[one.label], classes[one.suggested]),
            *(one.confidence, one.score, one.agreement, one.flip_rate, one.seeds),
        )
        for rank, one in enumerate(worklist.suspects, start=1)
    )
    return Table("label_worklist", "Labels to look at again", _COLUMNS, rows)


def _have_probabilities(predictions: pd.DataFrame, classes: Sequence[str]) -> bool:
    found = probabilities_in(predictions, classes)
    return found is not None and len(found) > 0 and bool(are_probabilities(found).all())


def _arrays(tables: Sequence[pd.DataFrame], cases: Sequence[Case], classes: Sequence[str]) -> list[Floats]:
    """For each table (n_seeds, n_cases, n_classes) over the seeds of all, NaN where it predicts nothing."""
    seeds = pd.Index(sorted({int(seed) for table in tables for seed in table["seed"].unique()}))
    ids = pd.Index([case.case_id for case in cases])
    arrays = []
    for table in tables:
        table = table[table["case_id"].isin(ids)]  # the leaderboard, which comes next, refuses others
        array = np.full((len(seeds), len(ids), len(classes)), np.nan)
        array[seeds.get_indexer(table["seed"]), ids.get_indexer(table["case_id"])] = table[probability_columns(classes)]
        arrays.append(array)
    return arrays
