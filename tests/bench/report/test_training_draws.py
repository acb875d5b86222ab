"""Runs of training cases that were drawn anew, from the folder to the leaderboard."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from stored_studies import write_study

from bench.cache import Caches
from bench.report.compiled import Compiled, compile_results
from bench.report.entries import read_stored
from bench.report.page import page_of
from bench.status.read import read_status
from bench.store.folder import ResultsFolder
from reports.tables.all_tables import build_tables
from reports.tables.table import Table

SEEDS, DRAWS, FOLDS = 2, 3, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ResultsFolder:
    return write_study(tmp_path_factory.mktemp("study"), seeds=SEEDS, training_draws=DRAWS)


@pytest.fixture(scope="module")
def compiled(folder: ResultsFolder) -> Compiled:
    with folder.locked():
        return compile_results(folder)


def content(compiled: Compiled) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(compiled.json)
    return found


def test_the_leaderboard_is_that_of_the_runs_that_were_not_drawn(compiled: Compiled, tmp_path: Path) -> None:
    without = write_study(tmp_path, seeds=SEEDS)
    with without.locked():
        other = content(compile_results(without))
    mine = content(compiled)
    assert "training_populations" not in other
    for key in ("rows", "comparisons", "noise_floor", "probability_of_best", "chance"):
        assert mine[key] == other[key]


def of_draws(folder: ResultsFolder, backbone: str) -> pd.DataFrame:
    """Every stored prediction with its seed, draw and fold."""
    return pd.concat(
        run.predictions().assign(seed=run.record.spec.seed, draw=run.record.draw, fold=run.record.spec.fold)
        for run in folder.runs.read_all()
        if run.record.spec.backbone == backbone
    )


def right(frame: pd.DataFrame, seed: int) -> np.ndarray:
    """(n_cases, n_draws): in what share of fold models a case is predicted right under each draw of a seed."""
    drawn = frame[(frame["seed"] == seed) & (frame["draw"] > 0)]
    good = drawn.assign(good=(drawn["predicted"].astype(str) == drawn["label"].astype(str)).astype(float))
    return good.pivot_table(index="case_id", columns="draw", values="good", aggfunc="mean", observed=True).to_numpy()


def variance(sides: Sequence[np.ndarray], signs: Sequence[int]) -> float:
    """Of the values of one seed, less what each case adds to each of them by itself."""
    values = sum(sign * side.mean(0) for side, sign in zip(sides, signs, strict=True))
    single = 0.0
    for side in sides:
        n, draws = side.shape
        rest = side - side.mean(1, keepdims=True) - side.mean(0) + side.mean()
        single += float(np.square(rest).sum()) / (n * (n - 1) * (draws - 1))
    return float(np.var(values, ddof=1)) - single


@pytest.mark.parametrize("backbone", ["resnet18", "resnet34"])
def test_what_training_cases_add_is_counted_anew_from_the_stored_predictions(
    folder: ResultsFolder, compiled: Compiled, backbone: str
) -> None:
    frame, found = of_draws(folder, backbone), content(compiled)["training_populations"][backbone]
    assert found["draws"] == {"0": DRAWS, "1": DRAWS}
    inside, outside = (frame[(frame["site"] == "internal") == flag] for flag in (True, False))
    sides = [[right(part, seed) for seed in range(SEEDS)] for part in (inside, outside)]
    internal = np.mean([variance([one], [1]) for one in sides[0]])
    external = np.mean([variance([one], [1]) for one in sides[1]])
    gap = np.mean([variance(both, [1, -1]) for both in zip(*sides, strict=True)])
    for cells, expected in (
        (found["internal"], internal),
        (found["external"]["bern"], external),
        (found["gap"]["bern"], gap),
    ):
        one = cells["accuracy"]
        assert one["deviations"]["training_cases"] == pytest.approx(np.sqrt(max(0.0, expected)), abs=1e-4)
        assert one["df"] == SEEDS * (DRAWS - 1)


def test_both_intervals_stand_side_by_side(compiled: Compiled) -> None:
    mine = content(compiled)
    for row in mine["rows"]:
        found = mine["training_populations"][row["name"]]
        for metric in ("accuracy", "macro_f1"):
            pairs = [
                (found["internal"], row["internal"]),
                (found["external"]["bern"], row["external"]["bern"]),
                (found["gap"]["bern"], row["gap"]["bern"]),
            ]
            for drawn, conditional in pairs:
                these, other = drawn[metric]["these_training_cases"], drawn[metric]["over_training_cases"]
                assert these == conditional[metric]
                assert other["value"] == these["value"]
                assert other["low"] <= these["low"] < these["high"] <= other["high"]


def test_text_and_tables_have_it(compiled: Compiled) -> None:
    assert "## Training populations" in compiled.text
    assert "only those under Training populations are also for other training cases" in compiled.text
    tables = {table.name: table for table in build_tables(compiled.leaderboard)}
    assert len(tables["training_populations"].rows) == 2 * 3 * 2


def test_the_page_has_both_intervals(folder: ResultsFolder, compiled: Compiled, caches: Caches) -> None:
    (section,) = [one for one in page_of(folder, compiled, [], caches).sections if one.identity == "training"]
    (table,) = section.parts
    assert isinstance(table, Table)
    assert len(table.rows) == 2 * 3 * 2


def test_an_incomplete_draw_does_not_count(folder: ResultsFolder, tmp_path: Path) -> None:
    copy = ResultsFolder(Path(shutil.copytree(folder.root, tmp_path / "copy")))
    gone = [run for run in copy.runs.read_all() if run.record.draw and run.record.spec.backbone == "resnet18"]
    for run in gone:
        if (run.record.spec.seed, run.record.draw, run.record.spec.fold) in {(0, 1, 0), (1, 1, 1), (1, 2, 0)}:
            shutil.rmtree(run.folder)
    with copy.locked():
        found = content(compile_results(copy))["training_populations"]
    assert found["resnet18"]["draws"] == {"0": 2}
    assert found["resnet34"]["draws"] == {"0": 3, "1": 3}


def test_runs_of_folds_that_are_no_more_are_left_out_aloud(folder: ResultsFolder, tmp_path: Path) -> None:
    copy = ResultsFolder(Path(shutil.copytree(folder.root, tmp_path / "copy")))
    folds = pd.read_parquet(copy.root / "folds.parquet")
    folds.loc[folds["seed"] == 1, "fold"] = 1 - folds.loc[folds["seed"] == 1, "fold"]
    folds.to_parquet(copy.root / "folds.parquet")
    with copy.locked():
        compiled = compile_results(copy)
    assert content(compiled)["training_populations"]["resnet18"]["draws"] == {"0": 3}
    assert "resnet18: 8 stored run(s) belong to folds that folds.parquet no longer has" in compiled.text


def test_a_stored_run_says_what_it_was_trained_on(folder: ResultsFolder) -> None:
    stored = read_stored(folder)
    assert stored
    for run in folder.runs.read_all():
        spec = run.spec(stored.cases, stored.folds)
        assert spec is not None
        assert len(spec.train) == run.record.spec.n_train
        if run.record.draw:
            assert run.spec(stored.cases) is None


def test_status_counts_them(folder: ResultsFolder) -> None:
    one = read_status(folder.root).backbones[0]
    assert one.unplanned == SEEDS * FOLDS * (1 + DRAWS)
