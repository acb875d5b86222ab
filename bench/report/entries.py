"""From stored runs to the entries of the leaderboard and the worklist. Reads runs."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.errors import RequestError
from bench.folds.table import FoldTable
from bench.store.environments import mixed_environments
from bench.store.folder import LEAKS, ResultsFolder
from bench.store.runs import StoredRun
from bench.store.tuned import TunedRecipes
from reports import Entry
from reports.tables.caveats import UNKNOWN_FOLDS, Caveat

ROLE_OF_IMPORTS = "import"
ROLES = ("main", ROLE_OF_IMPORTS)
IMPORTED = "imported"
NOT_DETERMINISTIC = Caveat("not_deterministic", "not deterministic (--fast): the same command may give other numbers")

MIXED_WEIGHTS = Caveat("mixed_weights", "this folder mixes pretrained and randomly initialised backbones")


@dataclass(frozen=True)
class Stored:
    """What a folder holds to compile from; read once, since there may be a thousand runs.

    entries: what is ranked, and runs, for each of them, what it was made from; left_out: a note for each backbone with
    runs that are not; imported: whether an entry was imported; warning: of leaks, or empty; mixed: a
    note where runs were made in different environments.
    """

    experiment: Experiment
    cases: list[Case]
    folds: FoldTable
    entries: list[Entry]
    runs: list[list[StoredRun]]
    left_out: list[str]
    imported: bool
    warning: str
    mixed: list[str]


def read_stored(folder: ResultsFolder) -> Stored | None:
    """Every comparable run of the folder as entries; None where it is no results folder."""
    experiment, cases, folds = folder.experiment(), folder.cases(), folder.folds()
    if experiment is None or cases is None or folds is None:
        return None
    if other := sorted({case.label for case in cases} - set(experiment.class_order or ())):
        raise RequestError(
            f"{folder.root}/experiment.toml does not know the class {other[0]!r} that cases.parquet has: one of them "
            f"is damaged. Restore it, or give the bench run command again with another --results folder."
        )
    runs = [folder.runs.read(name) for name in sorted(folder.runs.complete())]
    comparable, left_out = _comparable(runs, folds, {case.case_id for case in cases if case.site == INTERNAL})
    leaks = folder.leaks()
    warning = f"{leaks} pair(s) of cases leak from training into evaluation ({LEAKS})" if leaks else ""
    groups = _alike(comparable)
    entries = _entries(groups, folds, (Caveat("leaks", warning),) if warning else (), folder.tuned)
    of_entry = [[run for run, _ in group] for group in groups]
    imported = any(is_import(run.record) for run, _ in comparable)
    mixed = [
        f"Of this folder, {note}." for note in mixed_environments([run.record["environment"] for run, _ in comparable])
    ]
    return Stored(experiment, cases, folds, entries, of_entry, left_out, imported, warning, mixed)


def is_import(record: dict[str, Any]) -> bool:
    return bool(record["spec"]["role"] == ROLE_OF_IMPORTS)


def _folds_known(record: dict[str, Any]) -> bool:
    return bool(record["spec"].get("folds_known", True))


Predicted = tuple[StoredRun, pa.Table]


def _comparable(runs: Sequence[StoredRun], folds: FoldTable, internal: set[str]) -> tuple[list[Predicted], list[str]]:
    """Runs of roles that are ranked, and a note for each backbone of those that belong to other folds.

    The fold table may have been edited: a run counts where its held-out cases are those of its fold, or all where it
    was imported without folds.
    """
    kept, others = [], Counter[str]()
    of_fold: dict[tuple[int, int], set[str]] = defaultdict(set)
    for seed, fold_of in folds.by_seed.items():
        for case, fold in fold_of.items():
            of_fold[seed, fold].add(case)
    for run in runs:
        spec = run.record["spec"]
        if spec["role"] not in ROLES or spec["replicate"] != 0:
            continue
        table = run.table()
        inside = table["case_id"].filter(pc.equal(table["site"], INTERNAL))
        held_out = set(inside.cast(pa.string()).to_numpy().tolist())
        expected = of_fold.get((spec["seed"], spec["fold"]), set()) if _folds_known(run.record) else internal
        if held_out == expected:
            kept.append((run, table))
        else:
            others[spec["backbone"]] += 1
    notes = [
        f"{name}: {number} stored run(s) belong to folds that folds.parquet no longer has, and are left out."
        for name, number in others.items()
    ]
    return kept, notes


def _alike(runs: Sequence[Predicted]) -> list[list[Predicted]]:
    """Runs of one backbone, weights, recipe, pixel settings and tooling together; imported ones last."""
    alike: dict[str, list[Predicted]] = defaultdict(list)
    for run, predictions in runs:
        alike[json.dumps([run.record["spec"]["backbone"], *settings(run.record)], sort_keys=True)].append(
            (run, predictions)
        )
    return sorted(alike.values(), key=lambda group: is_import(group[0][0].record))


def _entries(
    groups: Sequence[Sequence[Predicted]], folds: FoldTable, caveats: tuple[Caveat, ...], tuned: TunedRecipes
) -> list[Entry]:
    """One entry for each group; imported ones are named last."""
    records = [group[0][0].record for group in groups]
    entries: list[Entry] = []
    for group in groups:
        entry = _entry(group, folds, records, (*tuned.caveats(group[0][0].record), *caveats))
        names = {(other.backbone, other.weights, other.recipe) for other in entries}
        while (entry.backbone, entry.weights, entry.recipe) in names:
            entry = replace(entry, recipe=f"{entry.recipe}, {IMPORTED}")
        entries.append(entry)
    return entries


def _entry(
    group: Sequence[Predicted], folds: FoldTable, all_records: Sequence[dict[str, Any]], caveats: tuple[Caveat, ...]
) -> Entry:
    record = group[0][0].record
    sources = {other["weights"]["source"] for other in all_records} - {IMPORTED}
    mixed = len(sources) > 1 and "random" in sources
    of_import = (
        [Caveat("imported", IMPORTED), *([] if _folds_known(record) else [UNKNOWN_FOLDS])] if is_import(record) else []
    )
    return Entry(
        backbone=record["spec"]["backbone"],
        weights=record["weights"]["source"],
        recipe=", ".join([record["spec"]["recipe_label"], *distinguishing(record, all_records)]),
        parameters=None if is_import(record) else record["parameters"],
        seconds_per_run=None if is_import(record) else mean(run.record["timings"]["total"] for run, _ in group),
        folds=folds.number() if _folds_known(record) else 1,
        predictions=_predictions(group),
        caveats=(
            *of_import,
            *([] if record["spec"].get("tooling", {}).get("deterministic", True) else [NOT_DETERMINISTIC]),
            *([MIXED_WEIGHTS] if mixed else []),
            *caveats,
        ),
    )


def _predictions(group: Sequence[Predicted]) -> pd.DataFrame:
    """All rows of one entry, texts as categories; names of runs decide nothing, not even how sums are rounded."""
    tables = [table for _, table in group]
    frame = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().to_pandas()
    rows = [table.num_rows for table in tables]
    for key in ("seed", "fold"):
        frame[key] = np.repeat([run.record["spec"][key] for run, _ in group], rows)
    keys = (_ranks(frame["case_id"]), _ranks(frame["site"]), frame["fold"], frame["seed"])
    return frame.take(np.lexsort(keys)).reset_index(drop=True)


def _ranks(texts: pd.Series) -> NDArray[np.int64]:
    """The place of each text in the order of all texts that there are: (n_rows,)."""
    place = np.argsort(np.argsort(np.array(texts.cat.categories, dtype=object)))
    return np.asarray(place[texts.cat.codes], dtype=np.int64)


def settings(record: dict[str, Any]) -> list[Any]:
    """What makes two runs of one backbone, seed and fold different rows.

    Names of recipes and files do not, but for imported runs, of which nothing else is known.
    """
    spec = record["spec"]
    if is_import(record):
        return [ROLE_OF_IMPORTS, record["weights"]["source"], spec["recipe_label"], _folds_known(record)]
    return [record["weights"]["digest"], {**spec["recipe"], "name": ""}, spec["pixels"], spec["tooling"]]


def distinguishing(record: dict[str, Any], all_records: Sequence[dict[str, Any]]) -> list[str]:
    """Settings beyond the recipe in which rows trained here differ: image size 64, precision bf16, …"""
    if is_import(record):
        return []
    all_records = [other for other in all_records if not is_import(other)]
    found = []
    for part in ("pixels", "tooling"):
        same = [r for r in all_records if part == "pixels" or r["spec"]["backbone"] == record["spec"]["backbone"]]
        for key, value in record["spec"][part].items():
            if any(other["spec"][part][key] != value for other in same):
                found.append(f"{key.replace('_', ' ')} {value}")
    digest, source = record["weights"]["digest"], record["weights"]["source"]
    namesakes = [
        other
        for other in all_records
        if other["spec"]["backbone"] == record["spec"]["backbone"] and other["weights"]["source"] == source
    ]
    if any(other["weights"]["digest"] != digest for other in namesakes):
        found.append(f"weights {digest[:6]}")
    return found
