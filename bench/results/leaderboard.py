"""From stored runs to leaderboard.md and leaderboard.json. Reads runs, writes the two files."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, external_sites
from bench.errors import BenchError
from bench.folds.table import FoldTable
from bench.results.atomic import write_text
from bench.results.folder import ResultsFolder
from bench.results.runs import StoredRun
from reports.leaderboard import Entry, Leaderboard, build_leaderboard
from reports.markdown import leaderboard_markdown

RESAMPLING_SEED = 0  # the same runs give the same intervals
ROLES = ("main", "import")


def write_leaderboard(folder: ResultsFolder) -> tuple[Leaderboard, str]:
    """Compile every comparable run of the folder; returns the leaderboard and its Markdown.

    Raises:
        BenchError: there is nothing to compile.
    """
    experiment, cases, folds = folder.experiment(), folder.cases(), folder.folds()
    if experiment is None or cases is None or folds is None:
        raise BenchError(
            f"{folder.root} is no results folder: experiment.toml, cases.parquet or folds.parquet is missing."
        )
    runs = [folder.runs.read(name) for name in sorted(folder.runs.complete())]
    entries = _entries(_comparable(runs, folds))
    if not entries:
        raise BenchError(f"No finished run in {folder.root}: there is nothing to rank yet.")
    classes = tuple(experiment.class_order or ())
    frame = pd.DataFrame(
        [(case.case_id, case.site, case.label, case.group) for case in cases],
        columns=["case_id", "site", "label", "group"],
    )
    leaderboard = build_leaderboard(entries, frame, classes, rng=np.random.default_rng(RESAMPLING_SEED))
    sites = "; ".join(
        f"{site}: {sum(case.site == site for case in cases)} cases" for site in [INTERNAL, *external_sites(cases)]
    )
    source = "the embedded phantom (synthetic images)" if experiment.uses_phantom else "own images"
    text = leaderboard_markdown(
        leaderboard,
        title_lines=[
            f"Data: {source}. {sites}. Classes: {', '.join(classes)}.",
            f"{_folds_text(folds, experiment.holdout)}; predictions of the last epoch.",
        ],
    )
    write_text(folder.root / "leaderboard.json", json.dumps(leaderboard.to_dict(), indent=1, allow_nan=False) + "\n")
    write_text(folder.root / "leaderboard.md", text)
    return leaderboard, text


def _folds_text(folds: FoldTable, holdout: float | None) -> str:
    return f"Single split holding out {holdout:g} of each class" if holdout else f"{folds.shape()[0]} stratified folds"


def _comparable(runs: Sequence[StoredRun], folds: FoldTable) -> list[tuple[StoredRun, pd.DataFrame]]:
    """Runs of roles that are ranked, whose held-out cases are those of the fold table (it may have been edited)."""
    kept = []
    for run in runs:
        spec = run.record["spec"]
        if spec["role"] not in ROLES or spec["replicate"] != 0 or spec["seed"] not in folds.by_seed:
            continue
        predictions = run.predictions()
        held_out = set(predictions.loc[predictions["site"] == INTERNAL, "case_id"])
        expected = {case for case, fold in folds.by_seed[spec["seed"]].items() if fold == spec["fold"]}
        if held_out == expected:
            kept.append((run, predictions.assign(seed=spec["seed"], fold=spec["fold"])))
    return kept


def _entries(runs: Sequence[tuple[StoredRun, pd.DataFrame]]) -> list[Entry]:
    """One entry for each backbone, weights, recipe, pixel settings and tooling."""
    alike: dict[str, list[tuple[StoredRun, pd.DataFrame]]] = defaultdict(list)
    for run, predictions in runs:
        spec = run.record["spec"]
        parts = [spec["backbone"], run.record["weights"], spec["recipe"], spec["pixels"], spec["tooling"]]
        alike[json.dumps(parts, sort_keys=True)].append((run, predictions))
    records = [group[0][0].record for group in alike.values()]
    return [_entry(group, records) for group in alike.values()]


def _entry(group: Sequence[tuple[StoredRun, pd.DataFrame]], all_records: Sequence[dict[str, Any]]) -> Entry:
    record = group[0][0].record
    spec = record["spec"]
    sources = {other["weights"]["source"] for other in all_records}
    mixed = len(sources) > 1 and "random" in sources
    return Entry(
        backbone=spec["backbone"],
        weights=record["weights"]["source"],
        recipe=", ".join([spec["recipe_label"], *_distinguishing(spec, [other["spec"] for other in all_records])]),
        parameters=record["parameters"],
        seconds_per_run=mean(run.record["timings"]["total"] for run, _ in group),
        folds=len({run.record["spec"]["fold"] for run, _ in group}),
        predictions=pd.concat([predictions for _, predictions in group], ignore_index=True),
        stamps=("this folder mixes pretrained and randomly initialised backbones",) if mixed else (),
    )


def _distinguishing(spec: dict[str, Any], specs: Sequence[dict[str, Any]]) -> list[str]:
    """Pixel size where a folder mixes sizes, precision where it mixes those of one backbone."""
    same = [other for other in specs if other["backbone"] == spec["backbone"]]
    size, precision = spec["pixels"]["image_size"], spec["tooling"]["precision"]
    found = [f"{size} px"] if len({other["pixels"]["image_size"] for other in specs}) > 1 else []
    return found + ([precision] if len({other["tooling"]["precision"] for other in same}) > 1 else [])


def leaderboard_files(root: Path) -> str:
    """The paths to tell the user."""
    return f"{root / 'leaderboard.md'}, {root / 'leaderboard.json'}"
