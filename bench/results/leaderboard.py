"""From stored runs to leaderboard.md and leaderboard.json. Reads runs, writes the two files."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd

import reports
from bench.data.cases import INTERNAL, Case, external_sites
from bench.errors import BenchError
from bench.folds.table import FoldTable
from bench.results.atomic import write_text
from bench.results.folder import LEAKS, ResultsFolder
from bench.results.runs import StoredRun
from bench.results.tuned import TUNED, TunedRecipes
from reports.leaderboard import Entry, Leaderboard, build_leaderboard
from reports.markdown import escaped, leaderboard_markdown

RESAMPLING_SEED = 0  # the same runs give the same intervals
ROLE_OF_IMPORTS = "import"
ROLES = ("main", ROLE_OF_IMPORTS)
IMPORTED = "imported"
WITHOUT_FOLDS = "one prediction a case and seed, made in folds that are not known"


def stored_leaderboard(folder: ResultsFolder) -> str | None:
    """The Markdown of a leaderboard that is up to date: made from the runs that are there, by the program as it is."""
    json_file, text_file = folder.root / "leaderboard.json", folder.root / "leaderboard.md"
    if not (json_file.exists() and text_file.exists()):
        return None
    try:
        made_from = json.loads(json_file.read_text(encoding="utf-8")).get("made_from")
    except ValueError:
        return None
    return text_file.read_text(encoding="utf-8") if made_from == _made_from(folder) else None


def _made_from(folder: ResultsFolder) -> str:
    """A digest of the stored runs, of what they are checked against, and of the code that compiles them."""
    digest = hashlib.sha256(folder.state(("cases.parquet", "folds.parquet", LEAKS, TUNED)).encode())
    if experiment := folder.experiment():
        digest.update(json.dumps([experiment.class_order, experiment.holdout, experiment.uses_phantom]).encode())
    for name in sorted(folder.runs.complete()):
        digest.update(name.encode())
    for source in [Path(__file__), *sorted(Path(reports.__file__).parent.glob("*.py"))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:24]


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
    comparable, left_out = _comparable(runs, folds, {case.case_id for case in cases if case.site == INTERNAL})
    leaks = folder.leaks()
    warning = f"{leaks} pair(s) of cases leak from training into evaluation ({LEAKS})" if leaks else ""
    entries = _entries(comparable, folds, (warning,) if warning else (), folder.tuned)
    if not entries:
        raise BenchError(f"No finished run in {folder.root}: there is nothing to rank yet.")
    classes = tuple(experiment.class_order or ())
    frame = pd.DataFrame(
        [(case.case_id, case.site, case.label, case.group) for case in cases],
        columns=["case_id", "site", "label", "group"],
    )
    leaderboard = build_leaderboard(entries, frame, classes, rng=np.random.default_rng(RESAMPLING_SEED))
    imported = any(_is_import(run.record) for run, _ in comparable)
    about_patients = _about_patients(cases) if imported else []
    leaderboard = replace(leaderboard, notes=(*about_patients, *leaderboard.notes, *left_out))
    sites = "; ".join(
        f"{site}: {sum(case.site == site for case in cases)} cases" for site in [INTERNAL, *external_sites(cases)]
    )
    source = "the embedded phantom (synthetic images)" if experiment.uses_phantom else "own images"
    if made_by_import(cases):
        source, how = "imported predictions", f"{_imported_folds_text(folds)}; predictions as they were given"
    else:
        how = f"{_folds_text(folds, experiment.holdout)}; predictions of the last epoch"
        how += ", imported ones as they were given" if imported else ""
    text = leaderboard_markdown(
        leaderboard,
        title_lines=[
            f"Data: {source}. {escaped(sites)}. Classes: {escaped(', '.join(classes))}.",
            f"{how}.",
        ],
        under_tables=warning and f"{warning}: these numbers are too good.",
    )
    content = {**leaderboard.to_dict(), "made_from": _made_from(folder)}
    write_text(folder.root / "leaderboard.json", json.dumps(content, indent=1, allow_nan=False) + "\n")
    write_text(folder.root / "leaderboard.md", text)
    return leaderboard, text


def _folds_text(folds: FoldTable, holdout: float | None) -> str:
    return f"Single split holding out {holdout:g} of each class" if holdout else f"{folds.number()} stratified folds"


def _imported_folds_text(folds: FoldTable) -> str:
    number = folds.number() if folds.by_seed else 0
    return {0: "No folds known", 1: "Single hold-out split"}.get(number, f"{number} folds")


def _about_patients(cases: Sequence[Case]) -> list[str]:
    alone = sum(case.group is None for case in cases)
    if not alone:
        return []
    return [f"No patient is known of {alone} of {len(cases)} cases: intervals treat each of these cases as a patient."]


def made_by_import(cases: Iterable[Case]) -> bool:
    """Whether no case has an image, so that nothing was trained here."""
    return not any(case.path for case in cases)


def _is_import(record: dict[str, Any]) -> bool:
    return bool(record["spec"]["role"] == ROLE_OF_IMPORTS)


def _folds_known(record: dict[str, Any]) -> bool:
    return bool(record["spec"].get("folds_known", True))


Predicted = tuple[StoredRun, pd.DataFrame]


def _comparable(runs: Sequence[StoredRun], folds: FoldTable, internal: set[str]) -> tuple[list[Predicted], list[str]]:
    """Runs of roles that are ranked, and a note for each backbone of those that belong to other folds.

    The fold table may have been edited: a run counts where its held-out cases are those of its fold, or all where it
    was imported without folds.
    """
    kept, others = [], Counter[str]()
    for run in runs:
        spec = run.record["spec"]
        if spec["role"] not in ROLES or spec["replicate"] != 0:
            continue
        predictions = run.predictions()
        held_out = set(predictions.loc[predictions["site"] == INTERNAL, "case_id"])
        fold_of = folds.by_seed.get(spec["seed"], {})
        of_fold = {case for case, fold in fold_of.items() if fold == spec["fold"]}
        if held_out == (of_fold if _folds_known(run.record) else internal):
            kept.append((run, predictions.assign(seed=spec["seed"], fold=spec["fold"])))
        else:
            others[spec["backbone"]] += 1
    notes = [
        f"{name}: {number} stored run(s) belong to folds that folds.parquet no longer has, and are left out."
        for name, number in others.items()
    ]
    return kept, notes


def _entries(runs: Sequence[Predicted], folds: FoldTable, stamps: tuple[str, ...], tuned: TunedRecipes) -> list[Entry]:
    """One entry for each backbone, weights, recipe, pixel settings and tooling; imported ones are named last."""
    alike: dict[str, list[Predicted]] = defaultdict(list)
    for run, predictions in runs:
        alike[json.dumps([run.record["spec"]["backbone"], *settings(run.record)], sort_keys=True)].append(
            (run, predictions)
        )
    groups = sorted(alike.values(), key=lambda group: _is_import(group[0][0].record))
    records = [group[0][0].record for group in groups]
    entries: list[Entry] = []
    for group in groups:
        entry = _entry(group, folds, records, (*tuned.stamps(group[0][0].record), *stamps))
        names = {(other.backbone, other.weights, other.recipe) for other in entries}
        while (entry.backbone, entry.weights, entry.recipe) in names:
            entry = replace(entry, recipe=f"{entry.recipe}, {IMPORTED}")
        entries.append(entry)
    return entries


def _entry(
    group: Sequence[Predicted], folds: FoldTable, all_records: Sequence[dict[str, Any]], stamps: tuple[str, ...]
) -> Entry:
    record = group[0][0].record
    sources = {other["weights"]["source"] for other in all_records} - {IMPORTED}
    mixed = len(sources) > 1 and "random" in sources
    of_import = [IMPORTED, *([] if _folds_known(record) else [WITHOUT_FOLDS])] if _is_import(record) else []
    return Entry(
        backbone=record["spec"]["backbone"],
        weights=record["weights"]["source"],
        recipe=", ".join([record["spec"]["recipe_label"], *distinguishing(record, all_records)]),
        parameters=record["parameters"],
        seconds_per_run=mean(run.record["timings"]["total"] for run, _ in group),
        folds=folds.number() if _folds_known(record) else 1,
        # names of runs decide nothing, not even how sums are rounded
        predictions=pd.concat([predictions for _, predictions in group]).sort_values(
            ["seed", "fold", "site", "case_id"], ignore_index=True
        ),
        stamps=(
            *of_import,
            *(["this folder mixes pretrained and randomly initialised backbones"] if mixed else []),
            *stamps,
        ),
    )


def settings(record: dict[str, Any]) -> list[Any]:
    """What makes two runs of one backbone, seed and fold different rows.

    Names of recipes and files do not, but for imported runs, of which nothing else is known.
    """
    spec = record["spec"]
    if _is_import(record):
        return [ROLE_OF_IMPORTS, record["weights"]["source"], spec["recipe_label"], _folds_known(record)]
    return [record["weights"]["digest"], {**spec["recipe"], "name": ""}, spec["pixels"], spec["tooling"]]


def distinguishing(record: dict[str, Any], all_records: Sequence[dict[str, Any]]) -> list[str]:
    """Settings beyond the recipe in which rows trained here differ: image size 64, precision bf16, …"""
    if _is_import(record):
        return []
    all_records = [other for other in all_records if not _is_import(other)]
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


def leaderboard_files(root: Path) -> str:
    """The paths to tell the user."""
    return f"{root / 'leaderboard.md'}, {root / 'leaderboard.json'}"


def stored_entries(folder: ResultsFolder) -> list[Entry]:
    """What the leaderboard is compiled from; empty where nothing has finished."""
    cases, folds = folder.cases(), folder.folds()
    if cases is None or folds is None:
        return []
    runs = [folder.runs.read(name) for name in sorted(folder.runs.complete())]
    comparable, _ = _comparable(runs, folds, {case.case_id for case in cases if case.site == INTERNAL})
    return _entries(comparable, folds, (), folder.tuned)
