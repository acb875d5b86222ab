"""Which stored predictions the label worklist is made from, and what becomes of its file."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec, Weights
from bench.report.compiled import NothingToRank, compile_results, up_to_date
from bench.report.sections import labels_section
from bench.report.worklist import WORKLIST, find_labels, write_worklist
from bench.store.folder import ResultsFolder
from reports import Entry
from reports.page.part import Points

CLASSES = ("=a", "b")
CASES = [
    *(Case(f"internal/{n}", f"/i/{n}.png", CLASSES[n % 2], None, "internal", f"{n:064x}", 8, 8) for n in range(60)),
    *(Case(f"bern/{n}", f"/b/{n}.png", CLASSES[n % 2], None, "bern", f"{n + 500:064x}", 8, 8) for n in range(40)),
]
SEEDS = [0, 1, 2]
WRONG = {"internal/4": 0.9, "internal/7": 0.95, "bern/3": 0.9}  # predicted as the other class, with this probability


def folds() -> FoldTable:
    return FoldTable({seed: draw_folds(CASES[:60], seed, folds=2) for seed in SEEDS})


def plan(backbone: str = "resnet18") -> list[RunSpec]:
    planned = PlannedBackbone(backbone, Weights("random", ""), Numerics("fp32"))
    return plan_runs(CASES, folds(), CLASSES, [planned], SEEDS, Recipe(), PixelSettings(32))


def result(spec: RunSpec, wrong: dict[str, float]) -> RunResult:
    """Every case is right with .8, but for those that are `wrong`."""
    of_label = [1 - wrong[sample.case_id] if sample.case_id in wrong else 0.8 for sample in spec.predicted]
    first = [p if sample.label == CLASSES[0] else 1 - p for p, sample in zip(of_label, spec.predicted, strict=True)]
    return RunResult("done", np.stack([first, 1 - np.array(first)], axis=1).astype(np.float32), timings={"total": 1.0})


def stored(root: Path, specs: Sequence[RunSpec], wrong: dict[str, float]) -> ResultsFolder:
    folder = ResultsFolder(root)
    with folder.locked():
        folder.write_cases(CASES)
        folder.write_folds(folds())
        folder.write_experiment(Experiment(internal="/i", external={"bern": "/b"}, class_order=list(CLASSES), folds=2))
        for spec in specs:
            folder.runs.write(spec, result(spec, wrong), 5)
    return folder


def test_the_list_has_the_internal_cases_that_seeds_get_wrong(tmp_path: Path) -> None:
    """The threshold of class b is that of 30 cases, 29 with .8 and one with .05: .775."""
    folder = stored(tmp_path, plan(), WRONG)
    how_many, precision = compile_results(folder).notes
    assert how_many == f"Labels to look at again, by most seeds: 2 of 60 cases, in {tmp_path / WORKLIST}."
    # 58 of 60 cases would be listed under the other label, all but the two that already are: 2 / 60 / (58 / 60) = 3.4 %
    assert precision.startswith(
        "Expected precision: were 1 % of all labels wrong at random, 29 % of those listed would"
    )
    table = pd.read_csv(tmp_path / WORKLIST)
    assert table.to_dict("list") == {
        "rank": [1, 2],
        "case_id": ["internal/7", "internal/4"],
        "path": ["/i/7.png", "/i/4.png"],
        "label": ["b", "'=a"],
        "suggested": ["'=a", "b"],
        "confidence": [pytest.approx(0.95), pytest.approx(0.9)],
        "score": [pytest.approx(0.9), pytest.approx(0.8)],
        "agreement": [1, 1],
        "flip_rate": [0, 0],
        "seeds": [3, 3],
    }


def test_a_list_without_cases_is_no_file_and_an_old_one_goes(tmp_path: Path) -> None:
    folder = stored(tmp_path, plan(), WRONG)
    compile_results(folder)
    assert (tmp_path / WORKLIST).exists()
    shutil.rmtree(tmp_path / "runs")
    folder = stored(tmp_path, plan(), {})
    assert compile_results(folder).notes == ()
    assert not (tmp_path / WORKLIST).exists()


def test_the_list_is_written_when_the_leaderboard_is(tmp_path: Path) -> None:
    folder = stored(tmp_path, plan(), WRONG)
    text, notes = up_to_date(folder)
    assert len(notes) == 2
    (tmp_path / WORKLIST).unlink()
    assert up_to_date(folder) == (text, ())
    assert not (tmp_path / WORKLIST).exists()
    stored(tmp_path, plan("resnet34"), WRONG)
    up_to_date(folder)
    assert (tmp_path / WORKLIST).exists()


def test_near_chance_there_is_no_list_and_the_reason_is_said(tmp_path: Path) -> None:
    """Every other pair of cases is right, the rest wrong: 30 contradictions of 60 labels say nothing of these."""
    wrong = {case.case_id: 0.9 for n, case in enumerate(CASES) if n // 2 % 2}
    folder = stored(tmp_path, plan(), WRONG)
    compile_results(folder)
    assert (tmp_path / WORKLIST).exists()
    folder = stored(tmp_path / "blind", plan(), wrong)
    compiled = compile_results(folder)
    assert compiled.leaderboard.near_guessing(compiled.leaderboard.rows[0])
    assert compiled.notes == (
        "No list of labels to look at again, since what contradicts labels is not clearly better than guessing: "
        "resnet18 (fine-tune, random).",
    )
    assert not (tmp_path / "blind" / WORKLIST).exists()
    section = labels_section(compiled.stored, compiled.leaderboard, Caches(tmp_path / "cache"))
    assert section.parts == (Points(compiled.notes),)


def test_a_backbone_near_chance_is_not_used_beside_a_better_one(tmp_path: Path) -> None:
    wrong = {case.case_id: 0.99 for n, case in enumerate(CASES) if n // 2 % 2}
    folder = stored(tmp_path, plan("resnet18"), WRONG)
    with folder.locked():
        for spec in plan("resnet34"):
            folder.runs.write(spec, result(spec, wrong), 5)
    notes = compile_results(folder).notes
    assert notes[0].startswith("Labels to look at again, by most seeds: 2 of 60 cases")
    assert notes[2] == (
        "Not used for labels to look at again, since what contradicts labels is not clearly better than guessing: "
        "resnet34 (fine-tune, random)."
    )
    assert pd.read_csv(tmp_path / WORKLIST)["confidence"].tolist() == [pytest.approx(0.95), pytest.approx(0.9)]


def test_a_list_hardly_better_than_drawing_blindly_is_withheld(tmp_path: Path) -> None:
    """The model is clearly better than guessing, but 22 of 60 labels are contradicted: lift (38/60) / (22/60) = 1.7."""
    wrong = {case.case_id: 0.9 for n, case in enumerate(CASES) if n % 6 in (0, 1) or n in (2, 3)}
    compiled = compile_results(stored(tmp_path, plan(), wrong))
    assert not compiled.leaderboard.near_guessing(compiled.leaderboard.rows[0])
    assert compiled.notes == (
        "No list of labels to look at again: of the 22 of 60 cases that models contradict, less than twice as many "
        "would be wrong as of cases drawn blindly.",
    )
    assert not (tmp_path / WORKLIST).exists()


def test_other_roles_do_not_count(tmp_path: Path) -> None:
    """Three seeds contradict a label as a search, and one as a run."""
    folder = stored(tmp_path, [replace(spec, role="search") for spec in plan()], WRONG)
    with pytest.raises(NothingToRank, match="No finished run"):
        compile_results(folder)
    assert not (tmp_path / WORKLIST).exists()


def entry(backbone: str, probabilities: dict[str, list[float]], seeds: int = 2) -> Entry:
    """One fold a seed, in which every internal case has the same probabilities of the classes under each seed."""
    frame = pd.DataFrame({"case_id": [case.case_id for case in CASES[:4]], "site": "internal", **probabilities})
    predictions = pd.concat([frame.assign(seed=seed, fold=0) for seed in range(seeds)], ignore_index=True)
    return Entry(backbone, "random", "fine-tune", 1, 1.0, 1, predictions)


def write(root: Path, entries: list[Entry]) -> list[str]:
    """Of the first four cases, all entries being better than guessing."""
    usable = {(entry.backbone, entry.weights, entry.recipe) for entry in entries}
    return write_worklist(root, find_labels(entries, CASES[:4], CLASSES, usable))


RIGHT = {"p_=a": [0.8, 0.2, 0.8, 0.9], "p_b": [0.2, 0.8, 0.2, 0.1]}  # case 3 is labelled b


@pytest.mark.parametrize(
    "without",
    [
        {"predicted": ["b"] * 4},
        {"p_=a": [0.8, 0.2, 0.8, 0.9]},
        {"p_=a": [0.8, np.nan, 0.8, 0.9], "p_b": [0.2, np.nan, 0.2, 0.1]},
        {"p_=a": [8.0, 2.0, 8.0, 9.0], "p_b": [2.0, 8.0, 2.0, 1.0]},
    ],
)
def test_entries_without_probabilities_are_left_out_and_named(tmp_path: Path, without: dict[str, list[float]]) -> None:
    said = write(tmp_path, [entry("net", RIGHT), entry("other", without)])
    assert said[0].startswith("Labels to look at again, by most seeds: 1 of 4 cases")
    assert said[1].startswith("Expected precision: ")
    assert said[2:] == [f"Without a probability for every prediction, so not in {WORKLIST}: other (fine-tune, random)."]
    (row,) = pd.read_csv(tmp_path / WORKLIST).to_dict("records")
    assert (row["case_id"], row["confidence"], row["seeds"]) == ("internal/3", 0.9, 2)
    assert write(tmp_path, [entry("other", without)]) == said[2:]
    assert not (tmp_path / WORKLIST).exists()


def test_an_adapted_model_has_no_vote_beside_the_one_that_it_was(tmp_path: Path) -> None:
    """Its internal predictions are those of its baseline, or nearly so."""
    other = {"p_=a": [0.1, 0.2, 0.8, 0.9], "p_b": [0.9, 0.8, 0.2, 0.1]}
    adapted = replace(entry("net", other), recipe="fine-tune, transductive adabn", adaptation="adabn")
    said = write(tmp_path, [entry("net", RIGHT)])
    alone = (tmp_path / WORKLIST).read_bytes()
    assert write(tmp_path, [entry("net", RIGHT), adapted, replace(adapted, recipe="fine-tune, tent")]) == said
    assert (tmp_path / WORKLIST).read_bytes() == alone


def test_backbones_with_other_seeds_are_averaged(tmp_path: Path) -> None:
    surer = {"p_=a": [0.8, 0.2, 0.8, 1.0], "p_b": [0.2, 0.8, 0.2, 0.0]}
    write(tmp_path, [entry("net", RIGHT), entry("other", surer, seeds=5)])
    (row,) = pd.read_csv(tmp_path / WORKLIST).to_dict("records")
    assert (row["confidence"], row["seeds"]) == (pytest.approx(0.95), 5)
