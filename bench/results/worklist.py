"""The label worklist of a results folder. Writes tables/label_worklist.csv."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, Case
from bench.results.atomic import write_text
from reports.draw_csv import csv_text
from reports.leaderboard import Entry
from reports.margins import Floats
from reports.table import Column, Table
from reports.worklist import Worklist, are_probabilities, build_worklist

WORKLIST = "tables/label_worklist.csv"
_COLUMNS = (
    Column("rank", "Rank", "number"),
    *(Column("case_id", "Case"), Column("path", "Path", shown="never")),
    *(Column("label", "Label"), Column("suggested", "Suggested")),
    *(Column(name, name.replace("_", " ").capitalize(), "number") for name in ("confidence", "score", "agreement")),
    *(Column("flip_rate", "Flip rate", "number"), Column("seeds", "Seeds", "number")),
)


def write_worklist(root: Path, entries: Sequence[Entry], cases: Sequence[Case], classes: Sequence[str]) -> list[str]:
    """List the internal cases whose label most seeds contradict with confidence; no file where there are none.

    Returns what to tell the user: how many there are, and which entries are left out because some of their
    out-of-fold predictions have no probabilities.
    """
    found = find_labels(entries, cases, classes)
    path, said = root / WORKLIST, []
    if found.table is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(exist_ok=True)
        write_text(path, csv_text(found.table))
        said.append(f"Labels to look at again, by most seeds: {len(found.cases)} of {found.judged} cases, in {path}.")
    if found.left_out:
        said.append(f"Without a probability for every prediction, so not in {WORKLIST}: {'; '.join(found.left_out)}.")
    return said


@dataclass(frozen=True)
class FoundLabels:
    """The worklist: cases and, in their order, the rows of the table (None where no case qualifies).

    judged: how many cases have a prediction. left_out: entries without a probability for every prediction.
    """

    table: Table | None
    cases: tuple[Case, ...]
    judged: int
    left_out: tuple[str, ...]


def find_labels(entries: Sequence[Entry], cases: Sequence[Case], classes: Sequence[str]) -> FoundLabels:
    """The internal cases whose label most seeds contradict with confidence."""
    internal = [case for case in cases if case.site == INTERNAL]
    inside = [entry.predictions[entry.predictions["site"] == INTERNAL] for entry in entries]
    complete = [_have_probabilities(predictions, classes) for predictions in inside]
    arrays = _arrays([table for table, kept in zip(inside, complete, strict=True) if kept], internal, classes)
    left_out = tuple(_name(entry) for entry, kept in zip(entries, complete, strict=True) if not kept)
    labels = np.array([classes.index(case.label) for case in internal], dtype=np.int64)
    worklist = build_worklist(arrays, labels) if arrays else None
    if worklist is None or not worklist.suspects:
        return FoundLabels(None, (), worklist.judged if worklist else 0, left_out)
    chosen = tuple(internal[one.case] for one in worklist.suspects)
    return FoundLabels(worklist_table(worklist, internal, classes), chosen, worklist.judged, left_out)


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
    columns = _columns(classes)
    if not set(columns) <= set(predictions.columns) or predictions.empty:
        return False
    return bool(are_probabilities(predictions[columns].to_numpy(dtype=np.float64)).all())


def _arrays(tables: Sequence[pd.DataFrame], cases: Sequence[Case], classes: Sequence[str]) -> list[Floats]:
    """For each table (n_seeds, n_cases, n_classes) over the seeds of all, NaN where it predicts nothing."""
    seeds = pd.Index(sorted({int(seed) for table in tables for seed in table["seed"].unique()}))
    ids = pd.Index([case.case_id for case in cases])
    arrays = []
    for table in tables:
        table = table[table["case_id"].isin(ids)]  # the leaderboard, which comes next, refuses others
        array = np.full((len(seeds), len(ids), len(classes)), np.nan)
        array[seeds.get_indexer(table["seed"]), ids.get_indexer(table["case_id"])] = table[_columns(classes)]
        arrays.append(array)
    return arrays


def _columns(classes: Sequence[str]) -> list[str]:
    return [f"p_{name}" for name in classes]


def _name(entry: Entry) -> str:
    return f"{entry.backbone} ({entry.recipe}, {entry.weights})"
