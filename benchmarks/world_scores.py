"""The latent scores of a world: its signal, and what models and cases add to it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds import Effects, World

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

OFFSET = 0.5
"""How large the offsets of classes are beside the skill of a model."""
_SIGNAL_DRAWS = 400_000


def of_one_case(effects: Effects) -> float:
    """The standard deviation, for each class, of all that is drawn for a case of a patient of its own."""
    terms = (effects.patient, effects.case, effects.case_seed, effects.backbone_case, effects.backbone_patient)
    return float(np.linalg.norm(terms))


def of_models(effects: Effects, outside: bool) -> float:
    """The standard deviation of the skill of the fold models of all seeds."""
    return float(np.hypot(effects.seed, effects.fold_model_outside if outside else effects.fold_model))


@cache
def signal(world: World, outside: bool, backbone: int) -> float:
    """The signal at which the accuracy of the side is that of the world, over patients, seeds and fold models.

    A case is right where the lead of the best wrong class over the true one is below the signal: the signal is a
    quantile of that lead. From 400,000 cases the accuracy is within .001 of the wanted one.
    """
    side = world.outside if outside else world.inside
    rng = np.random.default_rng(1)
    models = of_models(world.effects, outside)
    n_classes = len(side.shares)
    noise = rng.standard_normal((_SIGNAL_DRAWS, n_classes)) * np.hypot(of_one_case(world.effects), OFFSET * models)
    # Offsets have one spread for all classes, so that the true class may be the first.
    lead = noise[:, 1:].max(1) - noise[:, 0] - models * rng.standard_normal(_SIGNAL_DRAWS)
    return float(np.quantile(lead, world.accuracy(side, backbone)))


def draw_models(spread: float, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Floats:
    """Skill, then offsets of the classes: (*shape, 1 + n_classes)."""
    return rng.standard_normal((*shape, 1 + n_classes)) * _spreads(spread, n_classes)


def _spreads(spread: float, n_classes: int) -> Floats:
    return spread * np.array([1.0, *[OFFSET] * n_classes])


def fold_models(world: World, seeds: Floats, models: Floats, outside: bool) -> Floats:
    """What fold models are: their seed's effect and their own, standard normal, scaled as on that side.

    seeds (…, n_seeds, 1 + n_classes) and models (…, n_seeds, n_folds, 1 + n_classes) are standard normal, and so is
    one model's deviation here and there the same up to its size.
    """
    effects, n_classes = world.effects, seeds.shape[-1] - 1
    own = effects.fold_model_outside if outside else effects.fold_model
    both = seeds[..., None, :] * effects.seed + models * own
    return np.asarray(both * _spreads(1.0, n_classes))


def scored(base: Floats, true: Integers, model: Floats, strength: float) -> Floats:
    """Scores of cases: base (…, n_cases, n_classes), true (n_cases,), model (…, n_cases or 1, 1 + n_classes)."""
    scores = base + model[..., 1:]
    scores[..., np.arange(len(true)), true] += strength + model[..., 0]
    return np.asarray(scores)


def temperature(world: World, outside: bool, backbone: int) -> float:
    """What scores are multiplied with before the softmax: 1, or what makes probabilities right."""
    if not world.calibrated:
        return 1.0
    return signal(world, outside, backbone) / of_one_case(world.effects) ** 2


def softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))
