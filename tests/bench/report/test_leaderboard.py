"""Which stored runs make the leaderboard, and what it says of the others."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reports
from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec, Weights
from bench.report.compiled import NothingToRank, compile_results
from bench.report.leaderboard import code_digest, stored_leaderboard
from bench.store.folder import ResultsFolder
from reports import Leaderboard

CASES = [
    *(Case(f"internal/{n}", f"/i/{n}", "ab"[n % 2], None, "internal", f"{n:064x}", 8, 8) for n in range(80)),
    *(Case(f"bern/{n}", f"/b/{n}", "ab"[n % 2], None, "bern", f"{n + 500:064x}", 8, 8) for n in range(60)),
]
SEEDS = [0, 1, 2]


def folds() -> FoldTable:
    return FoldTable({seed: draw_folds(CASES[:80], seed, folds=2) for seed in SEEDS})


def plan(backbone: str = "resnet18", *, pixels: PixelSettings | None = None, weights: str = "") -> list[RunSpec]:
    planned = PlannedBackbone(backbone, Weights("w.safetensors" if weights else "random", weights), Numerics("fp32"))
    return plan_runs(CASES, folds(), ("a", "b"), [planned], SEEDS, Recipe(), pixels or PixelSettings(32))


def store(folder: ResultsFolder, specs: list[RunSpec], right: float = 0.8) -> None:
    """Results in which a share of the predictions is right."""
    with folder.locked():
        if folder.cases() is None:
            folder.write_cases(CASES)
            folder.write_folds(folds())
            folder.write_experiment(Experiment(internal="/i", external={"bern": "/b"}, class_order=["a", "b"], folds=2))
        for number, spec in enumerate(specs):
            rng = np.random.default_rng(number)
            truth = np.array(["ab".index(sample.label) for sample in spec.predicted])
            column = np.where(rng.random(len(truth)) < right, truth, 1 - truth)
            probabilities = np.eye(2, dtype=np.float32)[column] * np.float32(0.5) + np.float32(0.25)
            folder.runs.write(spec, RunResult("done", probabilities, timings={"total": 1.0}), 5)


def compiled(folder: ResultsFolder) -> tuple[Leaderboard, str]:
    found = compile_results(folder)
    return found.leaderboard, found.text


def test_a_seed_that_lacks_a_fold_is_left_out_and_named(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    specs = plan()
    store(folder, [spec for spec in specs if (spec.seed, spec.fold) != (1, 0)])
    leaderboard, text = compiled(folder)
    (row,) = leaderboard.rows
    assert (row.seeds, row.folds) == ((0, 2), 2)
    assert "seed 1 is left out, 1 of its 2 folds are there" in text
    store(folder, specs)
    assert compiled(folder)[0].rows[0].seeds == (0, 1, 2)


def test_one_fold_alone_makes_no_row(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    store(folder, plan()[:1])
    leaderboard, text = compiled(folder)
    assert leaderboard.rows == ()
    assert "no complete seed" in text


def test_runs_of_other_folds_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    store(folder, plan())
    table = pd.read_parquet(tmp_path / "folds.parquet")
    of_seed = table[(table["seed"] == 1) & table["case_id"].isin(["internal/0", "internal/2", "internal/4"])]
    table.loc[of_seed.index, "fold"] = 1 - of_seed["fold"]
    table.to_parquet(tmp_path / "folds.parquet", index=False)
    leaderboard, text = compiled(folder)
    assert leaderboard.rows[0].seeds == (0, 2)
    assert "resnet18: 2 stored run(s) belong to folds that folds.parquet no longer has" in text


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (plan(pixels=PixelSettings(32, "crop")), "fit crop"),
        (plan(pixels=PixelSettings(64)), "image size 64"),
        (plan(pixels=PixelSettings(32, white16=4095)), "white16 4095"),
        ([replace(spec, numerics=Numerics("bf16")) for spec in plan()], "precision bf16"),
        ([replace(spec, numerics=Numerics("fp32", "cuda")) for spec in plan()], "device cuda"),
        ([replace(spec, recipe=Recipe(lr=0.002)) for spec in plan()], "lr 0.002"),
    ],
)
def test_rows_of_one_backbone_are_told_apart(tmp_path: Path, other: list[RunSpec], name: str) -> None:
    folder = ResultsFolder(tmp_path)
    store(folder, plan())
    store(folder, other, right=0.7)
    leaderboard, text = compiled(folder)
    assert len(leaderboard.rows) == 2
    assert sum(name in row.recipe for row in leaderboard.rows) == 1
    assert name in text


def test_two_weight_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    store(folder, plan(weights="aaaaaaaaaa"))
    store(folder, plan(weights="bbbbbbbbbb"))
    leaderboard, _ = compiled(folder)
    assert {row.recipe for row in leaderboard.rows} == {"fine-tune, weights aaaaaa", "fine-tune, weights bbbbbb"}


def test_other_roles_and_replicates_are_not_ranked(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    store(folder, plan())
    store(
        folder,
        [replace(spec, role="nondeterminism") for spec in plan()] + [replace(spec, replicate=1) for spec in plan()],
    )
    (row,) = compiled(folder)[0].rows
    assert len(row.seeds) == 3


def test_a_leaderboard_is_up_to_date_until_a_run_or_a_fold_changes(tmp_path: Path) -> None:
    folder, specs = ResultsFolder(tmp_path), plan()
    store(folder, specs[:4])
    assert stored_leaderboard(folder) is None
    assert compiled(folder)[1] == stored_leaderboard(folder)
    store(folder, specs[4:])
    assert stored_leaderboard(folder) is None
    assert "| resnet18" in compiled(folder)[1]
    assert stored_leaderboard(folder) is not None
    with folder.locked():
        folder.write_folds(FoldTable({seed: draw_folds(CASES[:80], seed + 7, folds=2) for seed in SEEDS}))
    assert stored_leaderboard(folder) is None


def test_code_in_a_package_within_counts_as_well_with_its_place(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    package = Path(shutil.copytree(Path(reports.__file__).parent, tmp_path / "reports", ignore=ignored))
    assert code_digest(package) == code_digest(Path(reports.__file__).parent)  # wherever it is installed
    inner = package / "inner" / "deeper"
    inner.mkdir(parents=True)
    seen = [code_digest(package)]
    module = inner / "gap.py"
    for content in ("a = 1\n", "a = 2\n"):
        module.write_text(content)
        seen.append(code_digest(package))
    module.rename(inner.parent / "gap.py")
    seen.append(code_digest(package))
    assert len(set(seen)) == 4


@pytest.mark.parametrize("unwritten", ["leaderboard.md", "leaderboard.json"])
def test_a_leaderboard_of_which_one_file_was_not_written_is_not_up_to_date(tmp_path: Path, unwritten: str) -> None:
    """As where the process ends in between: a folder in the file's place stops the writing there."""
    folder, specs = ResultsFolder(tmp_path), plan()
    store(folder, specs[:4])
    compile_results(folder)
    store(folder, specs[4:])
    old = (tmp_path / unwritten).read_bytes()
    (tmp_path / unwritten).unlink()
    (tmp_path / unwritten).mkdir()
    with pytest.raises(OSError, match=unwritten):
        compile_results(folder)
    (tmp_path / unwritten).rmdir()
    (tmp_path / unwritten).write_bytes(old)
    assert stored_leaderboard(folder) is None


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToRank, match="no results folder"):
        compile_results(ResultsFolder(tmp_path))
