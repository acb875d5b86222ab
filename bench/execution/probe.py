"""A probe: scikit-learn's classifier on features of a frozen body, its strength chosen inside the training part.

Everything is learnt from the training part alone: the standardisation, the strength of the L2 penalty or the number of
neighbours, and the classifier. In float64 on one thread, so that the same spec gives the same bytes.
"""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.draw import draw_folds
from bench.plan.recipe import Recipe
from bench.plan.spec import RunSpec, Sample
from bench.scoring import class_numbers, score
from bench.seeds import derive

Features = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = Callable[[Sequence[Sample]], NDArray[np.int64]]
"""From cases to where features of their images are."""
Parts = Sequence[NDArray[np.bool_]]
"""Inner folds: which cases of the training part each holds out."""

INNER_FOLDS = 3
STRENGTHS = tuple(10.0**power for power in range(-5, 2))
"""Values of C, scikit-learn's inverse strength of the L2 penalty."""
USUAL_STRENGTH = STRENGTHS.index(0.01)
NEIGHBOURS = (1, 3, 5, 9, 15, 25, 41)
USUAL_NEIGHBOURS = 5
MOST_ITERATIONS = 500
TOLERANCE, INNER_TOLERANCE = 1e-5, 1e-3  # of the gradient; comparing strengths needs less


class UnfitFeatures(ValueError):
    """The body gives features that no classifier can be fitted to."""


def fit_and_predict(spec: RunSpec, features: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    """Class probabilities (n_predicted, n_classes) by the probe of the spec's recipe.

    features: (n_images, n_features).

    Raises:
        UnfitFeatures: they are not finite.
    """

    def of(samples: Sequence[Sample]) -> Features:
        found = features[rows(samples)].astype(np.float64)
        if not np.isfinite(found).all():
            raise UnfitFeatures(
                f"{spec.backbone} gives features that are infinite or not a number. --precision fp32 usually helps."
            )
        return found

    labels = class_numbers([sample.label for sample in spec.train], spec.classes)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of iterations is part of the definition
        scaler = StandardScaler().fit(of(spec.train))
        inside, outside = in_its_span(scaler.transform(of(spec.train)), scaler.transform(of(spec.predicted)))
        fit = _chosen(spec.recipe, inside, labels, inner_folds(spec))
        return _probabilities(fit, outside, len(spec.classes)).astype(np.float32)


def in_its_span(inside: Features, outside: Features) -> tuple[Features, Features]:
    """Both in an orthonormal basis of the span of the first, where it has fewer cases than features.

    A classifier that is penalised by the length of its weights has them in that span, and which of `inside` is nearest
    to a case depends on nothing else of it; so both stay as they are.
    """
    if inside.shape[0] >= inside.shape[1]:
        return inside, outside
    basis, coordinates = np.linalg.qr(inside.T)
    return np.ascontiguousarray(coordinates.T), outside @ basis


def inner_folds(spec: RunSpec) -> Parts:
    """Stratified, no patient in two of them; fewer where classes are small, none where one cannot be parted at all."""
    cases = [
        Case(sample.case_id, "", sample.label, sample.group, sample.site, sample.digest, 1, 1) for sample in spec.train
    ]
    for number in range(INNER_FOLDS, 1, -1):
        with suppress(RequestError):
            fold_of = draw_folds(cases, derive(spec.seeds.split, "probe", spec.fold), folds=number)
            fold = np.array([fold_of[case.case_id] for case in cases])
            return [fold == one for one in range(number)]
    return []


def _chosen(recipe: Recipe, inside: Features, labels: Labels, parts: Parts) -> Any:
    """The classifier with what did best on the inner folds, fitted to the whole training part."""
    if recipe.probe == "knn":
        return KNeighborsClassifier(_best_number(inside, labels, parts)).fit(inside, labels)
    weights = "balanced" if recipe.class_weights == "balanced" else None

    def logistic(place: int, tolerance: float) -> Any:
        return LogisticRegression(C=STRENGTHS[place], class_weight=weights, max_iter=MOST_ITERATIONS, tol=tolerance)

    def score_of(place: int) -> float:
        return _inner(lambda: logistic(place, INNER_TOLERANCE), inside, labels, parts, _minus_log_loss)

    best = climbed(score_of, USUAL_STRENGTH, len(STRENGTHS)) if parts else USUAL_STRENGTH
    return logistic(best, TOLERANCE).fit(inside, labels)


def _best_number(inside: Features, labels: Labels, parts: Parts) -> int:
    """How many neighbours to ask; the largest of equally good numbers."""
    if not parts:
        return min(USUAL_NEIGHBOURS, len(labels))
    fewest = min(int((~held_out).sum()) for held_out in parts)
    possible = [k for k in NEIGHBOURS if k <= fewest]
    return max(possible, key=lambda k: (_inner(partial(KNeighborsClassifier, k), inside, labels, parts, _macro_f1), k))


def climbed(score_of: Callable[[int], float], start: int, places: int) -> int:
    """The place from which no step leads higher: the best of all where scores have a single peak."""
    best, highest = start, score_of(start)
    for step in (-1, 1):
        while 0 <= best + step < places and (higher := score_of(best + step)) > highest:
            best, highest = best + step, higher
        if best != start:
            break
    return best


def _inner(
    make: Callable[[], Any],
    features: Features,
    labels: Labels,
    parts: Parts,
    score_of: Callable[[Labels, Features], float],
) -> float:
    """The score of all cases together, each predicted by the classifier that did not see its inner fold."""
    n_classes = int(labels.max()) + 1
    found = np.zeros((len(labels), n_classes))
    for held_out in parts:
        found[held_out] = _probabilities(
            make().fit(features[~held_out], labels[~held_out]), features[held_out], n_classes
        )
    return score_of(labels, found)


def _probabilities(fit: Any, features: Features, n_classes: int) -> Features:
    """(n, n_classes); 0 of a class that the classifier did not see."""
    found = np.zeros((len(features), n_classes))
    found[:, fit.classes_] = fit.predict_proba(features)
    return found


def _minus_log_loss(labels: Labels, found: Features) -> float:
    return float(np.log(np.maximum(found[np.arange(len(labels)), labels], np.finfo(float).tiny)).mean())


def _macro_f1(labels: Labels, found: Features) -> float:
    return score(labels, found.argmax(axis=1), found.shape[1]).macro_f1
