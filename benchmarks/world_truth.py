"""What a study of a world estimates: every printed number on endless patients, seeds and fold models.

The value of a seed is the metric of its confusion over endless cases, pooled over its fold models; AUROC, average
precision and Brier score are those of one fold model. What is printed is the mean over seeds, and so is its truth.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from benchmarks import world_metrics as metrics
from benchmarks.world_scores import Flags, Floats, fold_models, of_one_case, scored, signal, softmax, temperature
from benchmarks.world_studies import Study
from benchmarks.worlds import World

Truth = dict[str, float]
"""Place and metric → value: internal.accuracy, external.recall:subdural, gap.auroc, appearance.macro_f1 …"""

SEEDS, CASES_OF_CLASS = 256, 2500
SPLIT = ("accuracy", "macro_f1")


def truth(world: World, backbone: int = 0, seeds: int = SEEDS) -> Truth:
    """The truth of a backbone over all that is drawn; its error falls with `seeds`, a power of two.

    Seeds and fold models are a scrambled Sobol sequence, and each seed has cases of its own: with 256 seeds a value
    moves from run to run by less than .001 where seeds differ by .5.
    """
    return _truth(replace(world, name="", seeds=1, backbones=1), backbone, seeds)


@cache
def _truth(world: World, backbone: int, seeds: int) -> Truth:
    folds, size = world.folds, 1 + len(world.classes)
    points = qmc.Sobol((1 + folds) * size, rng=np.random.default_rng(2)).random(seeds)
    normal = ndtri(np.clip(points, 1e-9, 1 - 1e-9)).reshape(seeds, 1 + folds, size)
    return _values(world, backbone, (normal[:, 0], normal[:, 1:]), np.random.default_rng(3), 1)


def truth_given_models(study: Study, backbone: int, rng: np.random.Generator) -> Truth:
    """The same of the very seeds and fold models of a study: endless patients, these models only."""
    world = study.world
    seeds, models = (effects[backbone, : world.seeds] for effects in study.models)
    return _values(world, backbone, (seeds, models), rng, world.folds)


def _values(
    world: World, backbone: int, models: tuple[Floats, Floats], rng: np.random.Generator, scored_folds: int
) -> Truth:
    """models: standard normal effects of seeds and of fold models; scored_folds: of how many to score probabilities."""
    home, mixed = _of_side(world, backbone, False, models, rng, scored_folds)
    abroad, elsewhere = _of_side(world, backbone, True, models, rng, scored_folds)
    values = {f"internal.{name}": value for name, value in home.items()}
    values |= {f"external.{name}": value for name, value in abroad.items()}
    values |= {f"gap.{name}": value - abroad[name] for name, value in home.items()}
    there = elsewhere[0].sum(-1) > 0
    if not there.all():
        return _without_classes(values, mixed, there, world.classes)
    reweighted = metrics.of_confusion(metrics.with_mix(elsewhere, mixed.sum(-1)), world.classes)
    for name in SPLIT:
        alike = float(reweighted[name].mean())
        values |= {f"appearance.{name}": home[name] - alike, f"prevalence.{name}": alike - abroad[name]}
    return values


def _without_classes(values: Truth, inside: Floats, there: Flags, classes: tuple[str, ...]) -> Truth:
    """Where the other site lacks classes: gaps of averages over classes compare those that both sides hold, on their
    cases alone; those of averages of probabilities, and the parts of a gap, are not defined here."""
    home = metrics.of_confusion(metrics.of_labels(inside, there), classes)
    for name in ("macro_f1", "balanced_accuracy"):
        values[f"gap.{name}"] = float(home[name].mean()) - values[f"external.{name}"]
    undefined = {"gap.auroc", "gap.average_precision", *(place for place, value in values.items() if np.isnan(value))}
    return {place: value for place, value in values.items() if place not in undefined}


def _of_side(
    world: World,
    backbone: int,
    outside: bool,
    models: tuple[Floats, Floats],
    rng: np.random.Generator,
    scored_folds: int,
) -> tuple[Truth, Floats]:
    """The values of a side, and the confusion of each seed (n_seeds, n_classes, n_classes)."""
    side, n_classes = (world.outside if outside else world.inside), len(world.classes)
    effects = fold_models(world, *models, outside=outside).astype(np.float32)
    strength, scale = signal(world, outside, backbone), temperature(world, outside, backbone)
    true = np.repeat(np.arange(n_classes), CASES_OF_CLASS)
    weight = np.asarray(side.shares)[true] / CASES_OF_CLASS
    cells, of_models = np.empty((len(effects), n_classes, n_classes)), []
    for seed, of_seed in enumerate(effects):
        mistaken = rng.random(len(true)) < side.mislabelled
        label = (true + mistaken * rng.integers(1, n_classes, len(true))) % n_classes
        base = rng.standard_normal((len(true), n_classes), dtype=np.float32) * np.float32(of_one_case(world.effects))
        scores = [scored(base, true, model[None], strength) for model in of_seed]
        found = [metrics.confusion(label, one.argmax(1).astype(np.int64), weight, n_classes) for one in scores]
        cells[seed] = np.mean(found, axis=0)
        of_models += [metrics.of_probabilities(softmax(one * scale), label, weight) for one in scores[:scored_folds]]
    values = {name: float(value.mean()) for name, value in metrics.of_confusion(cells, world.classes).items()}
    return values | {name: float(np.mean([one[name] for one in of_models])) for name in of_models[0]}, cells
