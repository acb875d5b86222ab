"""What samplers and pruners save, on learning curves of models that were really trained.

    python -m benchmarks.search [--repetitions 20] [--table FILE]

Trains a small network on 300 real digits (UCI, 10 % of the labels changed), five folds, with the engine's own training
loop, at every learning rate and number of epochs of a grid; then replays searches over that table, so that many
repetitions are cheap. A pruned trial costs the epochs that it was trained for. Seconds are those of the processor.
"""

import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from optuna.storages import InMemoryStorage
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import nn

from bench.execution.prediction import evaluate, validation
from bench.execution.training import TrainingPart, train
from bench.plan.recipe import Recipe
from benchmarks.timing import machine, options, versions
from studies.pruners import Watch
from studies.space import FloatRange, IntRange, Params, Space
from studies.study import StudyPlan, open_study
from studies.worker import Scored, run_trials

RATES = np.geomspace(1e-5, 0.3, 16)
EPOCHS = range(1, 13)
FOLDS = 5
TRIALS, MOST = 40, 80
SPACE = Space({"lr": FloatRange(1e-5, 0.3, log=True), "epochs": IntRange(1, 12)})
METHODS = [
    ("random", "none"),
    ("random", "median"),
    ("random", "wilcoxon"),
    ("cma-es", "none"),
    ("tpe", "none"),
    ("tpe", "median"),
    ("tpe", "hyperband"),
    ("tpe", "wilcoxon"),
]


@dataclass(frozen=True)
class Table:
    """Macro F1 after each epoch, NaN after the last: (n_rates, n_epochs, n_folds, most epochs); seconds of an epoch."""

    curves: NDArray[np.float64]
    seconds: float

    @property
    def scores(self) -> NDArray[np.float64]:
        """Mean over folds after the last epoch: (n_rates, n_epochs)."""
        last = np.stack([self.curves[:, number, :, epochs - 1] for number, epochs in enumerate(EPOCHS)], axis=1)
        return last.mean(axis=2)


@dataclass(frozen=True)
class Replay:
    """After each trial of a search: the best score of a complete one, epochs trained so far, seconds of the sampler."""

    best: NDArray[np.float64]
    epochs: NDArray[np.int64]
    seconds: NDArray[np.float64]

    def trial_reaching(self, score: float) -> int | None:
        """The first trial after which the best reaches `score`."""
        reached = np.flatnonzero(self.best >= score - 1e-12)
        return int(reached[0]) if len(reached) else None


def main() -> None:
    parser = options(__doc__, repetitions=20)
    parser.add_argument("--table", type=Path, default=Path(tempfile.gettempdir()) / "gapbench-search-table.npz")
    asked = parser.parse_args()
    print(f"{machine()}; {versions('torch', 'optuna')}; {asked.repetitions} repetitions")
    table = stored_table(asked.table)
    grid = table.scores
    print(
        f"table: {len(RATES)} learning rates x {len(EPOCHS)} numbers of epochs x {FOLDS} folds, "
        f"{np.isfinite(table.curves).sum()} epochs trained, {1000 * table.seconds:.1f} ms of the processor an epoch"
    )
    print(f"macro F1 of the grid: best {grid.max():.4f}, median {np.median(grid):.4f}")
    replays = {
        (sampler, pruner): [replay(table, sampler, pruner, seed) for seed in range(asked.repetitions)]
        for sampler, pruner in METHODS
    }
    for share in (0.95, 0.99):
        print(f"\nto reach {share:.0%} of the best of the grid ({share * grid.max():.4f}), medians:")
        print("  sampler  pruner       trials   epochs  seconds   reached")
        for method, runs in replays.items():
            print(reaching(method, runs, share * grid.max(), table.seconds))
    print(f"\nepochs until the score that random search without pruning ends with after {TRIALS} trials:")
    print("  sampler  pruner       random / this (95 % interval)   not reached   mean best after 40 trials")
    for method, runs in replays.items():
        print(against_random(method, runs, replays["random", "none"]))


def reaching(method: tuple[str, str], runs: list[Replay], target: float, epoch_seconds: float) -> str:
    found = [(run, run.trial_reaching(target)) for run in runs]
    cost = [
        (at + 1, run.epochs[at], run.epochs[at] * epoch_seconds + run.seconds[at])
        for run, at in found
        if at is not None
    ]
    trials, epochs, seconds = np.median(np.array(cost), axis=0) if cost else (np.nan,) * 3
    return f"  {method[0]:8} {method[1]:10} {trials:8.1f} {epochs:8.0f} {seconds:8.2f}   {len(cost)} of {len(runs)}"


def against_random(method: tuple[str, str], runs: list[Replay], random: list[Replay]) -> str:
    """The ratio is paired by seed; a search that does not get there counts with all that it has spent."""
    logs, missed = [], 0
    for run, base in zip(runs, random, strict=True):
        score = base.best[TRIALS - 1]
        start = base.trial_reaching(score)
        at = run.trial_reaching(score)
        missed += at is None
        assert start is not None
        logs.append(np.log(base.epochs[start] / run.epochs[-1 if at is None else at]))
    mean, error = np.mean(logs), stats.sem(logs)
    half = stats.t.ppf(0.975, len(logs) - 1) * error
    low, high = np.exp([mean - half, mean + half])
    best = np.mean([run.best[TRIALS - 1] for run in runs])
    return (
        f"  {method[0]:8} {method[1]:10} {np.exp(mean):8.2f} ({low:.2f}-{high:.2f})"
        f"{missed:17d} of {len(runs)}   {best:.4f}"
    )


def replay(table: Table, sampler: str, pruner: str, seed: int) -> Replay:
    spent: list[int] = []
    values: list[float] = []

    def score(params: Params, watch: Watch) -> Scored:
        rate = int(np.abs(np.log(RATES) - np.log(float(params["lr"]))).argmin())
        epochs = int(params["epochs"])
        curves = table.curves[rate, epochs - 1]
        spent.append(0)
        values.append(-np.inf)
        scores: list[float] = []
        for fold in range(FOLDS):
            for epoch in range(1, epochs + 1):
                spent[-1] += 1
                if fold == 0 and not watch.epoch(epoch, epochs, curves[0, epoch - 1]):
                    return Scored(0.0)
            scores.append(float(curves[fold, epochs - 1]))
            if not watch.unit(scores):
                return Scored(0.0)
        values[-1] = float(np.mean(scores))
        return Scored(values[-1])

    plan = StudyPlan("replay", SPACE, "macro_f1", "maximize", FOLDS, sampler, pruner, seed, {})
    opened = open_study(InMemoryStorage(), "sqlite://", plan)
    started, ended = time.process_time(), list[float]()
    run_trials(opened, score, MOST, lambda _: ended.append(time.process_time() - started))
    return Replay(np.maximum.accumulate(values), np.cumsum(spent), np.array(ended))


def stored_table(file: Path) -> Table:
    if file.exists():
        with np.load(file) as stored:
            return Table(stored["curves"], float(stored["seconds"]))
    table = trained_table()
    np.savez(file, curves=table.curves, seconds=table.seconds)
    return table


def trained_table() -> Table:
    """One thread; every combination and fold is a training of its own, since its schedule ends with it."""
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    images, _, labels, _ = train_test_split(images, labels, train_size=300, stratify=labels, random_state=0)
    rng = np.random.default_rng(0)
    changed = rng.choice(len(labels), len(labels) // 10, replace=False)
    labels[changed] = (labels[changed] + rng.integers(1, 10, len(changed))) % 10
    inputs = torch.tensor(images / 16, dtype=torch.float32)
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(images, labels))
    curves = np.full((len(RATES), len(EPOCHS), FOLDS, max(EPOCHS)), np.nan)
    started = time.process_time()
    for (i, rate), (j, epochs), (fold, (inside, outside)) in product(
        enumerate(RATES), enumerate(EPOCHS), enumerate(splits)
    ):
        curve = trained_curve(inputs, labels, inside, outside, Recipe(lr=rate, epochs=epochs), fold)
        curves[i, j, fold, :epochs] = curve
    return Table(curves, (time.process_time() - started) / np.isfinite(curves).sum())


def trained_curve(
    inputs: torch.Tensor,
    labels: NDArray[np.int64],
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
    recipe: Recipe,
    fold: int,
) -> list[float]:
    torch.manual_seed(fold)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=False)
    curve: list[float] = []

    def rows(chosen: NDArray[np.int64]) -> torch.Tensor:
        return inputs[torch.as_tensor(chosen)]

    train(
        model,
        TrainingPart(rows, inside, labels[inside]),
        recipe,
        10,
        phase="full",
        epochs=recipe.epochs,
        first_epoch=0,
        order_seed=fold,
        autocast=autocast,
        device=torch.device("cpu"),
        validate=lambda: validation(evaluate(model, rows, outside.tolist(), autocast), labels[outside]),
        on_epoch=lambda record: curve.append(record.val_macro_f1) is None,
    )
    return curve


if __name__ == "__main__":
    main()
