"""Predictions whose scores are worked out by hand, a folder as `bench run` leaves it, and importing into one."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.cli.import_command import import_predictions
from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, Weights
from bench.report.compiled import compile_results
from bench.store.folder import ResultsFolder

Bring = Callable[..., dict[str, Any]]


@pytest.fixture
def by_hand() -> pd.DataFrame:
    """Two seeds of two folds; four internal cases (a, b, a, b), two of bern (a, b).

    Internal accuracy 3/4 under seed 0 and 2/4 under seed 1. Macro F1: seed 0 (4/5 + 2/3) / 2 = 11/15; seed 1
    (2/3 + 0) / 2 = 1/3. Bern: 2/2 and 1/2 by the folds of seed 0, 0/2 and 1/2 by those of seed 1.
    """
    internal = {0: "abaa", 1: "aaaa"}
    bern = {(0, 0): "ab", (0, 1): "aa", (1, 0): "ba", (1, 1): "bb"}
    rows = [
        ("net", seed, number % 2, "internal", f"{number}.png", "ab"[number % 2], predicted)
        for seed, letters in internal.items()
        for number, predicted in enumerate(letters)
    ] + [
        ("net", seed, fold, "bern", f"{number}.png", "ab"[number], predicted)
        for (seed, fold), letters in bern.items()
        for number, predicted in enumerate(letters)
    ]
    table = pd.DataFrame(rows, columns=["backbone", "seed", "fold", "site", "case_id", "label", "predicted"])
    # Cases 0 and 1 in fold 0: each training part then holds both classes.
    return table.assign(fold=table["fold"].where(table["site"] != "internal", table["case_id"].str[0].astype(int) // 2))


@pytest.fixture
def bring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bring:
    """Import tables (or files) into tmp_path/results; returns leaderboard.json.

    `printed` is what was said, with leaderboard.md below it.
    """

    def call(*given: pd.DataFrame | Path, results: Path = tmp_path / "results") -> dict[str, Any]:
        files = []
        for number, one in enumerate(given):
            files.append(one if isinstance(one, Path) else tmp_path / f"{number}.csv")
            if not isinstance(one, Path):
                one.to_csv(files[-1], index=False)
        capsys.readouterr()
        import_predictions(files, results)
        content: dict[str, Any] = json.loads((results / "leaderboard.json").read_text())
        compiled = (results / "leaderboard.md").read_text(encoding="utf-8")
        return {**content, "printed": capsys.readouterr().out + compiled}

    return call


GROUPED = [
    *(Case(f"internal/{n}", f"/i/{n}", "ab"[n % 2], f"p{n // 4}", "internal", f"{n:064x}", 8, 8) for n in range(160)),
    *(Case(f"bern/{n}", f"/b/{n}", "ab"[n % 2], f"q{n // 2}", "bern", f"{n + 500:064x}", 8, 8) for n in range(100)),
]


def train(root: Path, *, holdout: float | None = None) -> Path:
    """A folder as `bench run` leaves it: resnet18, three seeds of two folds or one split, cases with patients."""
    folder = ResultsFolder(root)
    folds = FoldTable({seed: draw_folds(GROUPED[:160], seed, folds=2, holdout=holdout) for seed in range(3)})
    planned = PlannedBackbone("resnet18", Weights("random", ""), Numerics("fp32"))
    specs = plan_runs(GROUPED, folds, ("a", "b"), [planned], range(3), Recipe(), PixelSettings(32))
    experiment = Experiment(
        internal="/i", external={"bern": "/b"}, class_order=["a", "b"], folds=2, holdout=holdout, seeds=[0, 1, 2]
    )
    rng = np.random.default_rng(0)
    with folder.locked():
        folder.write_cases(GROUPED)
        folder.write_folds(folds)
        folder.write_experiment(experiment)
        for spec in specs:
            first = rng.beta(1 + np.array([2.0 * (sample.label == "a") for sample in spec.predicted]), 1.5)
            probabilities = np.stack([first, 1 - first], axis=1).astype(np.float32)
            folder.runs.write(spec, RunResult("done", probabilities, timings={"total": 1.0}), 5)
        compile_results(folder)
    return folder.root


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    return train(tmp_path / "trained")


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    """The same with single hold-out splits."""
    return train(tmp_path / "held-out", holdout=0.25)


def exported(root: Path, *, columns: Sequence[str] = (), backbone: str | None = None) -> pd.DataFrame:
    """The predictions of a results folder as one table, with the groups of its cases."""
    cases = pd.DataFrame([asdict(case) for case in ResultsFolder(root).cases() or []]).set_index("case_id")
    tables = []
    for run in sorted(root.glob("runs/*")):
        spec = json.loads((run / "run.json").read_text())["spec"]
        tables.append(
            pd.read_parquet(run / "predictions.parquet").assign(
                backbone=backbone or spec["backbone"], seed=spec["seed"], fold=spec["fold"]
            )
        )
    table = pd.concat(tables, ignore_index=True)
    table["group"] = table["case_id"].map(cases["group"])
    return table[list(columns)] if columns else table


@pytest.fixture
def export() -> Callable[..., pd.DataFrame]:
    return exported
