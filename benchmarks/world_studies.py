"""One study of a world: its cases, folds, models and predictions, as arrays and as the frames that reports take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.world_scores import Floats, Integers, fold_models, scored, signal, softmax, temperature
from benchmarks.worlds import Population, World

INTERNAL, OUTSIDE = "internal", "outside"
LARGEST = 120
SHAPE, SCALE = 1.1, 3.0


@dataclass(frozen=True)
class Sample:
    """Cases of one side, each (n_cases,): patient, true class and label."""

    patient: Integers
    true: Integers
    label: Integers

    def __len__(self) -> int:
        return len(self.true)


@dataclass(frozen=True)
class Study:
    """Cases, and what every model made of them.

    fold: (n_seeds, n_cases) inside. Scores inside (n_backbones, n_seeds, n_cases, n_classes), outside (n_backbones,
    n_seeds, n_folds, n_cases, n_classes). models: standard normal effects of seeds (n_backbones, n_seeds,
    1 + n_classes) and of fold models (n_backbones, n_seeds, n_folds, 1 + n_classes).
    """

    world: World
    inside: Sample
    outside: Sample
    fold: Integers
    scores_inside: Floats
    scores_outside: Floats
    models: tuple[Floats, Floats]


def sizes(side: Population, rng: np.random.Generator) -> Integers:
    """Cases of each patient, (n_patients,)."""
    n = side.patients
    if side.sizes == "one":
        return np.ones(n, dtype=np.int64)
    if side.sizes == "geometric":
        return rng.geometric(1 / side.mean_size, n).astype(np.int64)
    return np.clip(np.ceil(SCALE * rng.pareto(SHAPE, n)), 1, LARGEST).astype(np.int64)


def sample(side: Population, rng: np.random.Generator) -> Sample:
    n_classes = len(side.shares)
    patient = np.repeat(np.arange(side.patients), sizes(side, rng))
    of_patient = rng.choice(n_classes, (side.patients, side.classes_per_patient), p=side.shares)
    true = of_patient[patient, rng.integers(0, side.classes_per_patient, len(patient))]
    mistaken = np.where(rng.random(side.patients) < side.mislabelled, rng.integers(1, n_classes, side.patients), 0)
    return Sample(patient, true, (true + mistaken[patient]) % n_classes)


def split(inside: Sample, seeds: int, folds: int, rng: np.random.Generator) -> Integers:
    """The fold of each case under each seed, (n_seeds, n_cases): whole patients, dealt class by class in random order.

    The class of a patient is that of its first case.
    """
    first = np.unique(inside.patient, return_index=True)[1]
    order = np.argsort(inside.label[first] + rng.random((seeds, len(first))), axis=1)
    of_patient = np.empty_like(order)
    np.put_along_axis(of_patient, order, np.arange(len(first))[None] % folds, axis=1)
    return np.asarray(of_patient[:, inside.patient], dtype=np.int64)


def draw(world: World, rng: np.random.Generator, *, further_seeds: int = 0) -> Study:
    """A study with all of it drawn anew; further seeds, of the same cases, have no predictions outside."""
    b, s, f, k = world.backbones, world.seeds, world.folds, len(world.classes)
    every = s + further_seeds
    inside, outside = sample(world.inside, rng), sample(world.outside, rng)
    fold = split(inside, every, f, rng)
    seeds, models = rng.standard_normal((b, every, 1 + k)), rng.standard_normal((b, every, f, 1 + k))
    at_home, abroad = (fold_models(world, seeds, models, outside=out) for out in (False, True))
    base = _of_cases(world, inside, rng)[:, None] + _churn(world, (b, every, len(inside), k), rng)
    shared = _of_cases(world, outside, rng)[:, None, None] + _churn(world, (b, s, f, len(outside), k), rng)
    own_model = np.take_along_axis(at_home, fold[None, :, :, None], axis=2)
    return Study(
        world,
        inside,
        outside,
        fold,
        np.stack([scored(base[i], inside.true, own_model[i], signal(world, False, i)) for i in range(b)]),
        np.stack([scored(shared[i], outside.true, abroad[i, :s, :, None], signal(world, True, i)) for i in range(b)]),
        (seeds, models),
    )


def _of_cases(world: World, cases: Sample, rng: np.random.Generator) -> Floats:
    """What patients, cases and their interactions with backbones add: (n_backbones, n_cases, n_classes)."""
    effects, k, b = world.effects, len(world.classes), world.backbones
    patients = int(cases.patient.max()) + 1
    patient = effects.patient * rng.standard_normal((1, patients, k))
    patient = patient + effects.backbone_patient * rng.standard_normal((b, patients, k))
    case = effects.case * rng.standard_normal((1, len(cases), k))
    return np.asarray(
        patient[:, cases.patient] + case + effects.backbone_case * rng.standard_normal((b, len(cases), k))
    )


def _churn(world: World, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    return np.asarray(world.effects.case_seed * rng.standard_normal(shape))


def case_table(study: Study) -> pd.DataFrame:
    """Columns case_id, site, label and group."""
    sides = ((INTERNAL, study.inside), (OUTSIDE, study.outside))
    return pd.concat([_described(site, side, study.world.classes) for site, side in sides], ignore_index=True)


def _described(site: str, side: Sample, classes: Sequence[str]) -> pd.DataFrame:
    ids = [f"{site}/{number:05d}" for number in range(len(side))]
    groups = [f"{site} patient {number}" for number in side.patient]
    return pd.DataFrame({"case_id": ids, "site": site, "label": np.array(classes)[side.label], "group": groups})


def predictions(study: Study, backbone: int) -> pd.DataFrame:
    """Columns seed, fold, site, case_id, label, predicted and p_<class>, one row a prediction."""
    s, f, classes = study.world.seeds, study.world.folds, study.world.classes
    n, m, k = len(study.inside), len(study.outside), len(classes)
    at_home, abroad = study.scores_inside[backbone, :s].reshape(-1, k), study.scores_outside[backbone].reshape(-1, k)
    scores = np.concatenate(
        [at_home * temperature(study.world, False, backbone), abroad * temperature(study.world, True, backbone)]
    )
    case = np.concatenate([np.tile(np.arange(n), s), n + np.tile(np.arange(m), s * f)])
    label = np.concatenate([study.inside.label, study.outside.label])[case]
    site = pd.Categorical.from_codes((case >= n).astype(np.int64), [INTERNAL, OUTSIDE])
    ids = np.array([f"{name}/{i:05d}" for name, count in ((INTERNAL, n), (OUTSIDE, m)) for i in range(count)], object)
    frame = {
        "seed": np.concatenate([np.repeat(np.arange(s), n), np.repeat(np.arange(s), f * m)]),
        "fold": np.concatenate([study.fold[:s].ravel(), np.tile(np.repeat(np.arange(f), m), s)]),
        "site": site,
        "case_id": pd.Categorical.from_codes(case, ids),
        "label": pd.Categorical.from_codes(label, list(classes)),
        "predicted": pd.Categorical.from_codes(scores.argmax(1), list(classes)),
    }
    probability = softmax(scores)
    return pd.DataFrame(frame | {f"p_{name}": probability[:, code] for code, name in enumerate(classes)})
