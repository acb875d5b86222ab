"""Worlds in which training sets can be drawn again: classifiers of normal data, really trained, by the hundred.

Cases of three classes are normal around the mean of their class; at the other hospital all of them lie elsewhere.
Patients may have several cases, which share a part of where they lie. A classifier is a linear discriminant, of the
data as it is or behind a layer of random units that each model draws anew: then two models of the same cases differ, as
networks do. Folds, models and draws of patients are those of `bench run --training-draws`, in numpy.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.statistics.confusion_counts import Floats, Integers
from reports.tables.training_populations import TrainingDraws

CLASSES, METRICS = ("a", "b", "c"), ("accuracy", "macro_f1")
LARGE = 40_000  # cases that stand for all there are
SITE = "other"
APART, SAME = 1.8, 0.7  # of class means; the deviation of what the cases of a patient share, where they share any


@dataclass(frozen=True)
class World:
    """patients: internal ones, of `slices` cases each; outside: those of the other hospital. units: random ones of a
    model, 0 for none. ridge: what is added to variances."""

    name: str
    patients: int
    features: int
    outside: int = 200
    slices: int = 1
    units: int = 0
    ridge: float = 0.05
    seeds: int = 5
    folds: int = 5
    draws: int = 4


@dataclass(frozen=True)
class Data:
    """x: (n_cases, n_features); y, patient: (n_cases,)."""

    x: Floats
    y: Integers
    patient: Integers


@dataclass(frozen=True)
class Study:
    """Tables as reports take them, and the true values of its models by side and metric."""

    predictions: pd.DataFrame
    draws: TrainingDraws
    cases: pd.DataFrame
    truth: dict[tuple[str, str], float]


def sample(world: World, patients: int, slices: int, rng: np.random.Generator, *, inside: bool) -> Data:
    y = np.repeat(rng.integers(0, len(CLASSES), patients), slices)
    patient = np.repeat(np.arange(patients), slices)
    x = rng.normal(size=(len(y), world.features))
    if slices > 1:
        x = np.sqrt(1 - SAME**2) * x + SAME * rng.normal(size=(patients, world.features))[patient]
    x[np.arange(len(y)), y] += APART
    if not inside:
        x[:, 0] -= 1.0
        x[:, 3] += 0.7
    return Data(x, y, patient)


def everyone(world: World) -> dict[str, Data]:
    """So many cases of each hospital that a share of them is the truth."""
    rng = np.random.default_rng(0)
    return {
        "internal": sample(world, LARGE, 1, rng, inside=True),
        SITE: sample(world, LARGE, 1, rng, inside=False),
    }


def study(world: World, all_cases: dict[str, Data], rng: np.random.Generator) -> Study:
    """One training set with its test patients, all models of all seeds, and those of all draws."""
    inside = sample(world, world.patients, world.slices, rng, inside=True)
    outside = sample(world, world.outside, 1, rng, inside=False)
    rows, times, drawn = list[pd.DataFrame](), list[dict[str, int]](), list[tuple[int, int]]()
    confusion = {side: np.zeros((world.seeds, len(CLASSES), len(CLASSES))) for side in all_cases}
    for seed in range(world.seeds):
        fold_of = _folds(inside, world.folds, rng)
        weights = [np.ones(world.patients), *(_drawn(fold_of, rng) for _ in range(world.draws))]
        for draw, of_patient in enumerate(weights[1:], start=1):
            drawn.append((seed, draw))
            times.append(dict(zip(_names(inside, "i"), of_patient[inside.patient].astype(int).tolist(), strict=True)))
        fold = fold_of[inside.patient]
        for held_out in range(world.folds):
            layer = _Layer.of(world, rng)
            model = _fit(layer(inside.x), inside.y, np.array(weights)[:, inside.patient] * (fold != held_out), world)
            mine, all_outside = fold == held_out, np.ones(len(outside.y), dtype=bool)
            rows += _rows(model(layer(inside.x[mine])), inside, mine, "internal", seed, held_out)
            rows += _rows(model(layer(outside.x)), outside, all_outside, SITE, seed, held_out)
            undrawn = model.first()
            for side, data in all_cases.items():
                np.add.at(confusion[side][seed], (data.y, undrawn(layer(data.x))[0]), 1)
    table = pd.concat(rows, ignore_index=True)
    place = {one: number for number, one in enumerate(drawn)}
    of_draws = table[table["draw"] > 0]
    codes = [place[one] for one in zip(of_draws["seed"], of_draws["draw"], strict=True)]
    draws = TrainingDraws(of_draws.drop(columns="draw").assign(seed=codes), tuple(drawn), tuple(times))
    cases = pd.concat([_cases(inside, "internal", "i"), _cases(outside, SITE, "o")], ignore_index=True)
    return Study(table[table["draw"] == 0].drop(columns="draw"), draws, cases, _truth(confusion))


def _folds(data: Data, folds: int, rng: np.random.Generator) -> Integers:
    """(n_patients,): folds with as many patients of each class as can be."""
    label = data.y[np.unique(data.patient, return_index=True)[1]]
    found = np.zeros(len(label), dtype=np.int64)
    for code in range(len(CLASSES)):
        members = rng.permutation(np.flatnonzero(label == code))
        found[members] = (np.arange(len(members)) + rng.integers(folds)) % folds
    return found


def _drawn(fold_of: Integers, rng: np.random.Generator) -> Floats:
    """(n_patients,): how often each is drawn, of each fold as many as it has."""
    times = np.zeros(len(fold_of))
    for fold in np.unique(fold_of):
        members = np.flatnonzero(fold_of == fold)
        np.add.at(times, rng.choice(members, len(members)), 1)
    return times


@dataclass(frozen=True)
class _Layer:
    """Random units before the discriminant, or none."""

    weights: Floats | None
    offset: Floats | None

    @classmethod
    def of(cls, world: World, rng: np.random.Generator) -> "_Layer":
        if not world.units:
            return cls(None, None)
        return cls(rng.normal(size=(world.features, world.units)), rng.normal(size=world.units))

    def __call__(self, x: Floats) -> Floats:
        if self.weights is None or self.offset is None:
            return x
        return np.asarray(np.maximum(x @ self.weights + self.offset, 0) / np.sqrt(len(self.offset)))


@dataclass(frozen=True)
class _Models:
    """Discriminants (n_models, n_features, n_classes) and their offsets (n_models, n_classes)."""

    slope: Floats
    offset: Floats

    def first(self) -> "_Models":
        return _Models(self.slope[:1], self.offset[:1])

    def __call__(self, x: Floats) -> Integers:
        """Class codes (n_models, n_cases)."""
        return np.asarray((x @ self.slope + self.offset[:, None]).argmax(-1))


def _fit(x: Floats, y: Integers, weights: Floats, world: World) -> _Models:
    """A model for each row of weights (n_models, n_cases)."""
    held, features = np.eye(len(CLASSES))[y], x.shape[1]
    of_class = np.maximum(weights @ held, 1e-9)
    means = np.stack([(weights * held[:, code]) @ x for code in range(len(CLASSES))], 1) / of_class[..., None]
    squares = (weights @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)).reshape(-1, features, features)
    within = squares - np.einsum("mk,mki,mkj->mij", of_class, means, means, optimize=True)
    covariance = within / weights.sum(1)[:, None, None] + world.ridge * np.eye(features)
    slope = np.linalg.solve(covariance, means.transpose(0, 2, 1))
    offset = np.log(of_class / of_class.sum(1, keepdims=True)) - 0.5 * np.einsum("mki,mik->mk", means, slope)
    return _Models(slope, offset)


def _rows(predicted: Integers, data: Data, kept: np.ndarray, site: str, seed: int, fold: int) -> Iterator[pd.DataFrame]:
    names, classes = np.array(_names(data, site[0]), dtype=object)[kept], np.array(CLASSES, dtype=object)
    for draw, codes in enumerate(predicted):
        columns = {"seed": seed, "fold": fold, "draw": draw, "site": site, "case_id": names}
        yield pd.DataFrame({**columns, "label": classes[data.y[kept]], "predicted": classes[codes]})


def _names(data: Data, letter: str) -> list[str]:
    return [f"{letter}{number:05d}" for number in range(len(data.y))]


def _cases(data: Data, site: str, letter: str) -> pd.DataFrame:
    group = [f"{letter}{number}" for number in data.patient]
    label = np.array(CLASSES, dtype=object)[data.y]
    return pd.DataFrame({"case_id": _names(data, letter), "site": site, "label": label, "group": group})


def _truth(confusion: dict[str, Floats]) -> dict[tuple[str, str], float]:
    """By side and metric, from the confusion of each seed's models on all cases; `gap` is a side as well."""
    found = {}
    for side, counts in confusion.items():
        right = np.diagonal(counts, axis1=1, axis2=2)
        f1 = 2 * right / (counts.sum(1) + counts.sum(2))
        shares = right.sum(1) / counts.sum((1, 2))
        found |= {(side, metric): float(of.mean()) for metric, of in zip(METRICS, (shares, f1), strict=True)}
    for metric in METRICS:
        found["gap", metric] = found["internal", metric] - found[SITE, metric]
    return found
