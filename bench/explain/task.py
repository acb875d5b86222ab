"""What is asked of a trained model, and what comes of it. Torch-free and serialisable."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.plan.spec import RunSpec
from reports.explanation.measures import Maps
from reports.statistics.confusion_counts import Floats

Positions = NDArray[np.int64]
"""Rows of `RunSpec.predicted`, ascending."""


@dataclass(frozen=True)
class ExplainTask:
    """What is wanted of one trained model.

    model: a safetensors file; targets: the class number explained in each case, (n_predicted,); mapped: cases that get
    a map; located: those of them that also get one of random weights; checked: those of them that are perturbed and
    whose model is randomised.
    """

    spec: RunSpec
    model: bytes
    method: str
    targets: NDArray[np.int64]
    mapped: Positions
    located: Positions
    checked: Positions


@dataclass(frozen=True)
class Explained:
    """Maps as asked for, (n, size, size) each, from layer `layer` with `grid` × `grid` places.

    probabilities: (n_predicted, n_classes), as the model predicts here. curves: by measure and source of the order (see
    `reports.explanation.subject`), (n_checked, n_steps + 1). similarity: of the map with that after each of `stages` is
    random too, (n_checked, n_stages).
    """

    layer: str
    grid: int
    probabilities: NDArray[np.float32]
    maps: Maps
    random_maps: Maps
    curves: dict[tuple[str, str], Floats]
    stages: tuple[str, ...]
    similarity: Floats
