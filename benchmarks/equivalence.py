"""Whether results stay the same in value where convolutions are computed by the rule instead of torch's own.

One small experiment on real digits (scikit-learn's) is run twice by `bench run`: by the rule, and, as in a folder that
was made before there was one, by torch's own. The ways differ in the last bits, and training makes these grow: runs
differ as repetitions would with another rounding, and only means over seeds can be compared. Accuracies of each seed
over all cases are compared in pairs by two one-sided t-tests (Schuirmann 1987). Means are equivalent within a margin at
5 % where the 90 % interval of their difference lies inside it.
Run: python -m benchmarks.equivalence [--seeds 10] [--cases 600] [--external 300] [--backbone resnet18]
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import stats
from sklearn.datasets import load_digits

from backbones.convolutions import NEWEST
from backbones.convolutions.rule import Precision
from bench.store.runs import RunStore, StoredRun
from benchmarks.convolutions import precisions
from benchmarks.goals import Goal
from benchmarks.timing import bench, machine, options, versions

EXPERIMENTS: tuple[tuple[str, Precision], ...] = (
    ("tf_efficientnet_lite0", "fp32"),
    ("resnet18", "fp32"),
    ("resnet18", "bf16"),
)
MARGIN, LEVEL = 1e-3, 0.05
SITES = ("internal", "external")
MOST_SEEDS = 100_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Equivalence:
    """Of paired differences: mean, ends of the 90 % interval, p of the two one-sided tests (the larger one), and how
    many pairs would do for an interval as narrow as the margins, None where that is not known."""

    mean: float
    low: float
    high: float
    p: float
    needed: int | None

    @property
    def within(self) -> float:
        """The smallest margin within which both are equivalent at 5 %."""
        return max(abs(self.low), abs(self.high))


def equivalence(differences: Floats, margin: float = MARGIN) -> Equivalence:
    """`differences` are (n_pairs,), of at least two."""
    n, mean, deviation = len(differences), float(differences.mean()), float(differences.std(ddof=1))
    if deviation == 0:
        return Equivalence(mean, mean, mean, float(abs(mean) >= margin), n if abs(mean) < margin else None)
    half = float(stats.t.ppf(1 - LEVEL, n - 1)) * deviation / n**0.5
    above = stats.ttest_1samp(differences, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, margin, alternative="less").pvalue
    return Equivalence(mean, mean - half, mean + half, float(max(above, below)), _needed(deviation, margin))


def _needed(deviation: float, margin: float) -> int | None:
    counts = np.arange(2, MOST_SEEDS)
    wide = stats.t.ppf(1 - LEVEL, counts - 1) * deviation / np.sqrt(counts)
    enough = np.flatnonzero(wide < margin)
    return int(counts[enough[0]]) if len(enough) else None


def write_digits(folder: Path, cases: int, external: int, side: int) -> None:
    """Different digits as internal/CLASS/NUMBER.png and external/CLASS/NUMBER.png."""
    images, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(images[: cases + external], labels, strict=False)):
        site = "internal" if number < cases else "external"
        path = folder / site / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype("uint8")).resize((side, side)).save(path)


def run_both(given: argparse.Namespace, backbone: str, precision: Precision, data: Path) -> dict[str, Path]:
    """Two results folders: one of the rule, one that has the same experiment with torch's own."""
    by_rule, by_torch, before = (data.with_name(f"{backbone}-{precision}{end}") for end in ("-rule", "-torch", ".toml"))
    job = ("--backbone", backbone, "--precision", precision, "--image-size", given.size, "--epochs", given.epochs)
    job += ("--seeds", given.seeds, "--folds", given.folds, "--results", by_rule)
    bench("run", "--data", data, *map(str, job))
    text = (by_rule / "experiment.toml").read_text(encoding="utf-8")
    before.write_text(text.replace(f'convolutions = "{NEWEST}"', 'convolutions = "torch"'), encoding="utf-8")
    bench("run", "--config", before, "--results", by_torch)
    return {"torch": by_torch, NEWEST: by_rule}


def runs_of(folder: Path) -> dict[tuple[int, int], StoredRun]:
    """By seed and fold."""
    return {(run.record.spec.seed, run.record.spec.fold): run for run in RunStore(folder / "runs").read_all()}


def classes(run: StoredRun) -> NDArray[np.str_]:
    """Those that it predicted."""
    return run.predictions()["predicted"].to_numpy(str)


def accuracies(runs: Sequence[StoredRun], site: str) -> Floats:
    """(n_seeds,): over all predictions of a seed's folds at the site."""
    right: dict[int, list[bool]] = {}
    for run in runs:
        found = run.predictions()
        correct = classes(run) == found["label"].to_numpy(str)
        right.setdefault(run.record.spec.seed, []).extend(correct[found["site"] == site])
    return np.array([np.mean(right[seed]) for seed in sorted(right)])


def lines_of(backbone: str, folders: dict[str, Path]) -> Iterator[str]:
    """What differs between the two, and what does not."""
    before, now = (runs_of(folder) for folder in folders.values())
    if {run.record.spec.numerics.convolutions for run in before.values()} != {"torch"} or before.keys() != now.keys():
        raise RuntimeError(f"The two folders of {backbone} do not hold what they should.")
    start = next(iter(now.values())).record.weights.source
    precision = next(iter(now.values())).record.spec.numerics.precision
    yield f"\n{backbone} ({start} weights), {precision}"
    pairs = [(before[place], now[place]) for place in sorted(now)]
    same = sum(np.array_equal(old.probabilities(), new.probabilities()) for old, new in pairs)
    agree = np.concatenate([classes(old) == classes(new) for old, new in pairs]).mean()
    yield f"  {same} of {len(pairs)} runs have the same bytes; {agree:.1%} of the predicted classes are the same"
    yield from _leaderboards(folders)
    goals = []
    for site in SITES:
        old, new = (accuracies([*runs.values()], site) for runs in (before, now))
        found = equivalence(new - old)
        needed = "more than can be said" if found.needed is None else f"{found.needed}"
        yield f"  accuracy, {site}: {old.mean():.4f} by torch's own, {new.mean():.4f} by {NEWEST}"
        yield f"    between seeds it varies by {old.std(ddof=1):.4f} and {new.std(ddof=1):.4f} (standard deviations)"
        yield f"    paired difference {found.mean:+.4f}, 90 % {found.low:+.4f} to {found.high:+.4f}"
        yield f"    two one-sided tests of ±{MARGIN}: p {found.p:.3f}; about {needed} seeds would do for it"
        yield f"    {len(old)} seeds show equivalence within ±{found.within:.4f}"
        what = f"accuracy before and after, {backbone}, {precision}, {site}, {len(old)} seeds, equivalent within"
        goals.append(Goal(what, f"±{found.within:.4f}", f"±{MARGIN:.4f}", found.p < LEVEL))
    yield from map(str, goals)


def _leaderboards(folders: dict[str, Path]) -> Iterator[str]:
    for name, folder in folders.items():
        (row,) = json.loads((folder / "leaderboard.json").read_text())["rows"]
        cells: dict[str, Any] = {"internal": row["internal"]["accuracy"], **_external(row)}
        shown = ", ".join(f"{site} {c['value']:.3f} ({c['low']:.3f}-{c['high']:.3f})" for site, c in cells.items())
        yield f"  leaderboard, {name + ':':12s}{shown}"


def _external(row: dict[str, Any]) -> dict[str, Any]:
    return {site: metrics["accuracy"] for site, metrics in row["external"].items()}


def main() -> None:
    parser = options(__doc__, seeds=10, folds=2, epochs=3, cases=600, external=300, size=32)
    parser.add_argument("--backbone", help="this one alone, in fp32")
    given = parser.parse_args()
    experiments = ((given.backbone, "fp32"),) if given.backbone else EXPERIMENTS
    print(f"{machine()}; {versions('torch', 'timm', 'scikit-learn')}")
    images = f"{given.cases} + {given.external} digits, {given.size} px"
    print(f"{images}; {given.seeds} seeds x {given.folds} folds x {given.epochs} epochs")
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        data = Path(name, "digits")
        write_digits(data, given.cases, given.external, given.size)
        for backbone, precision in experiments:
            if precision in precisions():
                for line in lines_of(backbone, run_both(given, backbone, precision, data)):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
