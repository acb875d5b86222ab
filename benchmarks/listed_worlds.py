"""The worlds in which printed intervals and tests are tried."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.worlds import Effects, Population, World

RARE = (0.03, 0.06, 0.21, 0.3, 0.4)
OTHER_MIX = (0.3, 0.25, 0.25, 0.12, 0.08)
TWO = (0.03, 0.97)
LACKING = (0.25, 0.25, 0.25, 0.25, 0.0)
SIX = (1 / 6,) * 6
ALL_SEEDS = (1, 2, 3, 5, 10)

CASES, SITE = Population(300), Population(200, accuracy=0.65)
SEEDS = Effects(seed=0.5)


def _patients(n: int, mean_size: float = 6.0, **parts: object) -> Population:
    return replace(Population(n, "geometric", mean_size), **parts)  # type: ignore[arg-type]


def _heavy(n: int, **parts: object) -> Population:
    return replace(Population(n, "pareto"), **parts)  # type: ignore[arg-type]


_ALL = (
    World("cases", CASES, SITE),
    World("seeds", CASES, SITE, SEEDS),
    World("fold-models", CASES, SITE, Effects(seed=0.5, fold_model_outside=1.0)),
    World("churn", CASES, SITE, Effects(patient=0.5, case=0.7, case_seed=2.5, backbone_case=0.2, seed=0.1)),
    World("24-patients", _patients(24), _patients(24, accuracy=0.65)),
    World("40-patients", _patients(40, 8), _patients(40, accuracy=0.65)),
    World(
        "several-classes",
        _patients(40, 8, classes_per_patient=3),
        _patients(30, accuracy=0.65, classes_per_patient=3),
    ),
    World("mislabelled", _patients(60, mislabelled=0.1), _patients(40, accuracy=0.65, mislabelled=0.1)),
    World("heavy-tails", _heavy(35), _heavy(35, accuracy=0.65)),
    World(
        "heavy-tails-patients-differ",
        _heavy(35),
        _heavy(35, accuracy=0.65),
        Effects(patient=0.7, case=0.5, backbone_case=0.2, backbone_patient=1.0),
    ),
    World(
        "heavy-tails-several-classes",
        _heavy(35, classes_per_patient=3),
        _heavy(35, accuracy=0.65, classes_per_patient=3),
    ),
    World("rare", replace(CASES, patients=600, shares=RARE), replace(SITE, patients=300, shares=RARE)),
    World(
        "rare-patients", _patients(80, 8, shares=RARE, classes_per_patient=2), _patients(60, accuracy=0.65, shares=RARE)
    ),
    World("rare-one-a-fold", replace(CASES, patients=167, shares=TWO), replace(SITE, shares=TWO)),
    World("rare-two-a-fold", replace(CASES, patients=333, shares=TWO), replace(SITE, shares=TWO)),
    World("near-one", _patients(40, accuracy=0.978), _patients(30, accuracy=0.962)),
    World("near-chance", _patients(60, 4, shares=SIX, accuracy=0.22), _patients(40, 4, shares=SIX, accuracy=0.2)),
    World("other-mix", CASES, replace(SITE, shares=OTHER_MIX)),
    World(
        "other-mix-patients", _patients(40, 8), _patients(40, accuracy=0.65, shares=OTHER_MIX, classes_per_patient=2)
    ),
    World("lacks-a-class", CASES, replace(SITE, shares=LACKING)),
    World("alike-slices", _patients(40, 8), _patients(40), Effects(patient=1.5, case=0.8, case_seed=0.6)),
    World("strong-seeds", replace(CASES, patients=600), SITE, Effects(seed=0.8)),
    World(
        "calibrated",
        _patients(40, 8),
        _patients(40),
        Effects(1.6, 0.4, 0.2, 0.2, 0.1, seed=0.0, fold_model=0.0, fold_model_outside=0.0),
        calibrated=True,
    ),
    World(
        "calibrated-cases",
        CASES,
        Population(200),
        Effects(seed=0.0, fold_model=0.0, fold_model_outside=0.0),
        calibrated=True,
    ),
)
WORLDS = {world.name: world for world in _ALL}
FOR_OTHER_FIGURES = ("heavy-tails-patients-differ", "alike-slices", "strong-seeds", "calibrated", "calibrated-cases")
COVERAGE = tuple(name for name in WORLDS if name not in FOR_OTHER_FIGURES)
"""The worlds in which every printed interval is tried."""

EQUAL = (
    "cases",
    "seeds",
    "fold-models",
    "churn",
    "24-patients",
    "40-patients",
    "heavy-tails",
    "heavy-tails-patients-differ",
    "rare-patients",
)
"""The worlds in which two equal backbones are compared."""

POWER = {"cases": 0.06, "churn": 0.055, "seeds": 0.15, "40-patients": 0.08}
"""The worlds in which a second backbone is less accurate, and by how much."""


def two_backbones(name: str, seeds: int, difference: float = 0.0) -> World:
    return replace(WORLDS[name], backbones=2, seeds=seeds, difference=difference)
