"""How often the intervals that the leaderboard prints hold the truth, and how often its tests cry wolf.

    python benchmarks/coverage.py [repetitions, default 300] [resamples, default 800]

Simulates studies whose true values are known from a million cases: 6 classes, 5 folds, two backbones of equal skill
that share the difficulty of cases, seeds that shift all predictions, patients of 1 to 20 slices where clustered. Every
number is taken from the leaderboard as the user gets it: a cell without interval counts as refused, not as covered.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd
from tabulate import tabulate

from reports.leaderboard import Entry, Leaderboard, build_leaderboard
from reports.margins import Floats, Integers

N_CLASSES, N_FOLDS = 6, 5
SKILL = {"internal": 0.6, "x": 0.1}
SD_CASE, SD_PATIENT = 1.0, 0.7
METRICS = ("accuracy", "macro_f1")
CLASSES = tuple("abcdef")


@dataclass(frozen=True)
class Setting:
    """Internal and external cases, seeds and the sd of their effect, the most over the rarest class, patients."""

    internal: int
    external: int
    seeds: int
    sd_seed: float
    imbalance: float = 1
    patients: bool = False

    @property
    def name(self) -> str:
        who = "patients" if self.patients else "cases"
        return f"{self.internal}, {self.external}, {self.seeds}, {self.sd_seed:g}, {self.imbalance:g}:1, {who}"


SETTINGS = (
    Setting(600, 250, 3, 0.3),
    Setting(600, 250, 5, 0.3),
    Setting(600, 250, 10, 0.3),
    Setting(600, 60, 5, 0.3),
    Setting(600, 60, 5, 0.3, 10),
    Setting(600, 250, 5, 0.3, patients=True),
    Setting(600, 250, 10, 0.05, 10, patients=True),
    Setting(1500, 600, 5, 0.1, patients=True),
    Setting(600, 60, 5, 0.05, patients=True),
)


def proportions(imbalance: float) -> Floats:
    shares = np.geomspace(1, imbalance, N_CLASSES)
    return shares / shares.sum()


def draw_cases(n: int, setting: Setting, rng: np.random.Generator) -> tuple[Integers, Integers, Floats]:
    """Label, patient and difficulty of n cases; the slices of a patient share label and part of the difficulty."""
    shares = proportions(setting.imbalance)
    if not setting.patients:
        return rng.choice(N_CLASSES, n, p=shares), np.arange(n), rng.normal(0, SD_CASE, n)
    slices = rng.integers(1, 21, n)
    patient = np.repeat(np.arange(n), slices)[:n]
    label, shared = rng.choice(N_CLASSES, n, p=shares), rng.normal(0, SD_PATIENT, n)
    return label[patient], patient, shared[patient] + rng.normal(0, SD_CASE, n)


def predict(
    label: Integers, difficulty: Floats, tilt: Floats | float, skill: float, rng: np.random.Generator
) -> Integers:
    right = rng.random(len(label)) < 1 / (1 + np.exp(-(skill + difficulty + tilt)))
    return np.where(right, label, (label + rng.integers(1, N_CLASSES, len(label))) % N_CLASSES)


def truth(setting: Setting, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    found = {}
    for side, skill in SKILL.items():
        label, _, difficulty = draw_cases(1_000_000, setting, rng)
        predicted = predict(label, difficulty, rng.normal(0, setting.sd_seed, len(label)), skill, rng)
        confusion = np.bincount(label * N_CLASSES + predicted, minlength=N_CLASSES**2).reshape(N_CLASSES, -1)
        f1 = 2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))
        found[side] = {"accuracy": np.trace(confusion) / len(label), "macro_f1": float(f1.mean())}
    found["gap"] = {metric: found["internal"][metric] - found["x"][metric] for metric in METRICS}
    return found


def study(setting: Setting, rng: np.random.Generator, resamples: int) -> Leaderboard:
    parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
    tables = []
    tilts = rng.normal(0, setting.sd_seed, (2, setting.seeds))
    for side, n in (("internal", setting.internal), ("x", setting.external)):
        label, patient, difficulty = draw_cases(n, setting, rng)
        ids = [f"{side}/{i}" for i in range(n)]
        group = [f"{side}-{p}" for p in patient] if setting.patients else None
        tables.append(pd.DataFrame({"case_id": ids, "site": side, "label": np.array(CLASSES)[label], "group": group}))
        for backbone, tilt in zip("AB", tilts, strict=True):
            for seed in range(setting.seeds):
                models = [0] if side == "internal" else range(N_FOLDS)
                for model in models:
                    predicted = predict(label, difficulty, tilt[seed], SKILL[side], rng)
                    fold = patient % N_FOLDS if side == "internal" else model
                    table = pd.DataFrame({"case_id": ids, "predicted": np.array(CLASSES)[predicted], "fold": fold})
                    parts[backbone].append(table.assign(site=side, label=np.array(CLASSES)[label], seed=seed))
    entries = [
        Entry(name, "-", "-", 1, 1.0, N_FOLDS, pd.concat(rows, ignore_index=True)) for name, rows in parts.items()
    ]
    return build_leaderboard(entries, pd.concat(tables), CLASSES, rng=rng, resamples=resamples)


def measure(job: tuple[Setting, int, int]) -> tuple[Setting, dict[str, list[float]]]:
    setting, repetitions, resamples = job
    rng = np.random.default_rng([17, *setting.name.encode()])
    true, found = truth(setting, rng), defaultdict(list)
    for _ in range(repetitions):
        board = study(setting, rng, resamples)
        row = board.rows[0] if board.rows[0].name == "A" else board.rows[1]
        for side, cells in (
            ("internal", row.cells.internal),
            ("x", row.cells.external["x"]),
            ("gap", row.cells.gap["x"]),
        ):
            for metric in METRICS:
                cell = cells[metric]
                if cell.low is None:
                    found[f"{side} {metric}"].append(np.nan)
                else:
                    found[f"{side} {metric}"].append(float(cell.low <= true[side][metric] <= cell.high))
        for one in board.comparisons:
            found[f"p {one.endpoint}"].append(np.nan if one.p is None else float(one.p <= 0.05))
            if one.fold_tests is not None and one.fold_tests.corrected.p is not None:
                found[f"Nadeau–Bengio {one.endpoint}"].append(float(one.fold_tests.corrected.p <= 0.05))
    return setting, dict(found)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    resamples = int(sys.argv[2]) if len(sys.argv) > 2 else 800
    with get_context("spawn").Pool(2) as pool:
        results = pool.map(measure, [(setting, repetitions, resamples) for setting in SETTINGS], chunksize=1)
    print(
        f"{repetitions} simulated studies a row, {resamples} resamples; Monte-Carlo standard error of a share of "
        f".95 is {np.sqrt(0.95 * 0.05 / repetitions):.3f}, of .05 as well.\n"
    )
    print("Share of 95 % intervals that hold the truth, accuracy / macro-F1; in brackets the share of cells refused\n")
    headers = ["internal, external cases, seeds, sd of seeds, class imbalance, clusters", "internal", "external", "gap"]
    rows = [[setting.name, *(shares(found, side) for side in ("internal", "x", "gap"))] for setting, found in results]
    print(tabulate(rows, headers, tablefmt="github"))
    print("\nShare of p ≤ .05 between two backbones of equal skill\n")
    tests = [name for name in results[0][1] if name.startswith(("p ", "Nadeau"))]
    rows = [[setting.name, *(share(found[name]) for name in tests)] for setting, found in results]
    print(tabulate(rows, ["", *tests], tablefmt="github", disable_numparse=True))


def share(hits: list[float]) -> str:
    known = [hit for hit in hits if not np.isnan(hit)]
    return f"{np.mean(known):.3f}" if known else "-"


def shares(found: dict[str, list[float]], side: str) -> str:
    texts = []
    for metric in METRICS:
        hits = found[f"{side} {metric}"]
        refused = np.isnan(hits).mean()
        texts.append(share(hits) + (f" [{refused:.2f}]" if refused else ""))
    return " / ".join(texts)


if __name__ == "__main__":
    main()
