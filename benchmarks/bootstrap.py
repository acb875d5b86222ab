"""How long the crossed bootstrap takes, against scipy.stats.bootstrap with scikit-learn's f1_score.

    python -m benchmarks.bootstrap [--rounds 5]

Everything is timed in one run, the candidates taking turns, and medians are printed. The peer resamples the
internal side only; it runs few resamples and its time is extrapolated linearly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from benchmarks.timing import machine, options, take_turns, versions
from reports import Entry, build_leaderboard
from reports.statistics.bootstrap import Draws, resample
from reports.statistics.confusion_counts import ConfusionCounts, Floats, Integers, count_confusions
from reports.statistics.intervals import bias_corrected
from reports.statistics.metrics.of_counts import accuracy, macro_f1

RESAMPLES, PEER_RESAMPLES = 10_000, 30
N_INTERNAL, N_EXTERNAL, N_SEEDS, N_FOLDS, N_CLASSES = 600, 250, 10, 5, 6


def simulate(label: Integers, models: int, right: float, rng: np.random.Generator) -> Integers:
    """Predictions (n_seeds, models, n_cases) of which a share is right."""
    shape = (N_SEEDS, models, len(label))
    return np.where(rng.random(shape) < right, label, rng.integers(0, N_CLASSES, shape))


def count(label: Integers, predicted: Integers) -> ConfusionCounts:
    shape, n = predicted.shape, len(label)
    return count_confusions(
        np.broadcast_to(np.arange(n), shape).ravel(),
        np.broadcast_to(np.arange(N_SEEDS)[:, None, None], shape).ravel(),
        np.broadcast_to(label, shape).ravel(),
        predicted.ravel(),
        n_clusters=n,
        n_seeds=N_SEEDS,
        n_classes=N_CLASSES,
    )


def resampled(label: Integers, predicted: Integers, side: str, metrics: dict[str, Callable]) -> dict[str, Floats]:
    """From predictions to bootstrap values of one side, counting included."""
    draws = Draws(0, RESAMPLES)
    cases = draws.cluster_weights(side, np.zeros(len(label), dtype=np.int64))
    return resample(
        [count(label, predicted)],
        [lambda counts: {name: metric(counts) for name, metric in metrics.items()}],
        draws.seed_weights(range(N_SEEDS)),
        cases,
    )[0]


def entry(name: str, sides: dict[str, tuple[Integers, Integers]]) -> Entry:
    parts = []
    for site, (label, predicted) in sides.items():
        for seed, of_seed in enumerate(predicted):
            for model, of_model in enumerate(of_seed):
                table = pd.DataFrame({"label": label, "predicted": of_model}).astype(str)
                fold = np.arange(len(label)) % N_FOLDS if site == "internal" else model
                case_id = [f"{site}/{i}" for i in range(len(label))]
                parts.append(table.assign(seed=seed, fold=fold, site=site, case_id=case_id))
    return Entry(name, "random", "default", 1, 1.0, N_FOLDS, pd.concat(parts, ignore_index=True))


def main() -> None:
    rounds = options(__doc__, rounds=5).parse_args().rounds
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'scipy', 'scikit-learn', 'pandas')}")
    rng = np.random.default_rng(0)
    label = rng.choice(N_CLASSES, N_INTERNAL, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    abroad = rng.choice(N_CLASSES, N_EXTERNAL)
    predicted, predicted_abroad = simulate(label, 1, 0.6, rng), simulate(abroad, N_FOLDS, 0.5, rng)
    entries = [
        entry(
            name,
            {
                "internal": (label, simulate(label, 1, 0.6, rng)),
                "London": (abroad, simulate(abroad, N_FOLDS, 0.5, rng)),
            },
        )
        for name in ("a", "b")
    ]
    first = entries[0].predictions.drop_duplicates("case_id")
    cases, classes = first[["case_id", "site", "label"]], [str(code) for code in range(N_CLASSES)]

    def internal_macro_f1() -> object:
        values = resampled(label, predicted, "internal", {"macro_f1": macro_f1})["macro_f1"]
        return bias_corrected(values, float(np.median(values)), 0.95)

    def whole_gap() -> object:
        metrics = {"accuracy": accuracy, "macro_f1": macro_f1}
        internal = resampled(label, predicted, "internal", metrics)
        external = resampled(abroad, predicted_abroad, "London", metrics)
        gaps = [internal[name] - external[name] for name in metrics]
        return [bias_corrected(gap, float(np.median(gap)), 0.95) for gap in gaps]

    def whole_leaderboard() -> object:
        return build_leaderboard(entries, cases, classes, rng=np.random.default_rng(0), resamples=RESAMPLES)

    def peer() -> object:
        def score(rows: Integers) -> float:
            of_seeds = [f1_score(label[rows], one[0][rows], average="macro") for one in predicted]
            return float(np.mean(of_seeds))

        options = {"n_resamples": PEER_RESAMPLES, "vectorized": False, "method": "percentile"}
        return bootstrap((np.arange(N_INTERNAL),), score, **options, rng=np.random.default_rng(0))

    candidates = {one.__name__: one for one in (internal_macro_f1, whole_gap, whole_leaderboard, peer)}
    times = take_turns(candidates, rounds, warm_up=1)
    median = {name: float(np.median(values)) for name, values in times.items()}
    peer_seconds = median["peer"] / PEER_RESAMPLES * RESAMPLES
    print(
        f"data      {N_INTERNAL} internal and {N_EXTERNAL} external cases, {N_SEEDS} seeds, {N_FOLDS} folds, "
        f"{N_CLASSES} classes, {RESAMPLES:,} resamples; medians of {rounds} rounds in turns"
    )
    print(f"internal macro-F1                          {median['internal_macro_f1']:8.3f} s")
    print(f"gap of accuracy and macro-F1, both sides   {median['whole_gap']:8.3f} s")
    print(f"whole leaderboard of two backbones         {median['whole_leaderboard']:8.3f} s")
    print(
        f"scipy.stats.bootstrap with f1_score        {peer_seconds:8.1f} s, internal macro-F1 only, "
        f"extrapolated from {PEER_RESAMPLES} resamples in {median['peer']:.2f} s"
    )
    print(f"ratio for internal macro-F1                {peer_seconds / median['internal_macro_f1']:8.0f}")


if __name__ == "__main__":
    main()
