"""How often subgroups are found to differ where they do not, and how often their differences lie in the intervals.

    python -m benchmarks.subgroups [studies]

Patients have slices of two classes, of which a model gets a share right that varies between patients; seeds vary it,
too. Levels are of patients (sex, an age band), or cut through them (a slice thickness, of which a patient has both).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.timing import versions
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.pooling import pool_predictions
from reports.tables.subgroups import Attribute, over_subgroups

CLASSES, SLICES, RIGHT, SEEDS = ("a", "b"), 4, 0.75, 3
STUDIES, SIGNIFICANCE = 300, 0.05


@dataclass(frozen=True)
class World:
    """patients: of each level; or, with `within`, of all levels together, each of which has slices of every patient.

    better: by how much the first level is right more often.
    """

    patients: tuple[int, ...]
    within: bool = False
    better: float = 0.0


WORLDS = (
    World((100, 100)),
    World((30, 30)),
    World((10, 100)),
    World((15, 40, 120)),
    World((60, 60), within=True),
    World((20, 20), within=True),
    World((100, 100), better=0.15),
    World((60, 60), within=True, better=0.15),
)


def study(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
    """Predictions, and the level of each case of a seed."""
    levels = np.arange(len(world.patients))
    of_patient = np.repeat(levels, world.patients)
    if world.within:
        of_patient = np.zeros(world.patients[0], dtype=np.int64)
    patient = np.repeat(np.arange(len(of_patient)), SLICES)
    level = np.tile(levels, len(patient) // len(levels)) if world.within else of_patient[patient]
    share = rng.beta(8 * RIGHT, 8 * (1 - RIGHT), len(of_patient))[patient] + world.better * (level == 0)
    label = np.tile([0, 0, 1, 1], len(of_patient))
    found = []
    for seed in range(SEEDS):
        right = rng.random(len(patient)) < share + rng.normal(0, 0.02)
        names = [f"{number:05d}" for number in range(len(patient))]
        table = {"seed": seed, "fold": 0, "site": "internal", "case_id": names, "group": patient.astype(str)}
        predicted = np.where(right, label, 1 - label)
        classes = np.array(CLASSES, dtype=object)
        found.append(pd.DataFrame({**table, "label": classes[label], "predicted": classes[predicted]}))
    return pd.concat(found, ignore_index=True), [str(one) for one in level]


def true_difference(world: World) -> float:
    """Of the first level to the rest, by a large sample of the same patients."""
    share = np.random.default_rng(0).beta(8 * RIGHT, 8 * (1 - RIGHT), 1_000_000)
    return float(np.minimum(share + world.better, 1).mean() - share.mean())


def outcome(world: World, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether levels are found to differ in accuracy, and whether the first one's interval holds its difference."""
    predictions, levels = study(world, rng)
    cases = predictions[predictions["seed"] == 0][["case_id", "site", "label", "group"]]
    attribute = Attribute("level", tuple(sorted(set(levels))), dict(zip(cases["case_id"], levels, strict=True)))
    pooled, _ = pool_predictions(predictions, index_cases(cases, CLASSES), name="net", folds=1)
    assert pooled is not None
    found = over_subgroups(predictions, pooled, cases, CLASSES, [attribute], Draws(0, 1))["level"].metrics["accuracy"]
    cell, test = found.differences["0"], found.test
    assert test is not None
    assert cell.low is not None
    assert cell.high is not None
    return test.p < SIGNIFICANCE, cell.low <= true_difference(world) <= cell.high


def lines(studies: int) -> Iterator[str]:
    yield f"{versions('numpy', 'scipy')}; {studies} studies a line,"
    yield f"Monte-Carlo error {100 * np.sqrt(0.05 * 0.95 / studies):.1f} points at 5 %; accuracy around {RIGHT:.0%},"
    yield f"{SLICES} slices a patient, {SEEDS} seeds."
    yield ""
    yield "patients of each level   the first is better by   found to differ   difference to the rest held"
    for place, world in enumerate(WORLDS):
        rng = np.random.default_rng([20, place])
        found = np.array([outcome(world, rng) for _ in range(studies)])
        shown = f"{world.patients[0]}, in all levels" if world.within else ", ".join(map(str, world.patients))
        differ, held = found.mean(0)
        yield f"{shown:<24} {world.better:>22.2f}   {differ:>15.3f}   {held:>27.3f}"


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
