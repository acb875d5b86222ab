"""Deletion and insertion curves (Petsiuk, Das & Saenko 2018): does the prediction hang on what the map marks?"""

from __future__ import annotations

import numpy as np

from reports.explanation.localisation import Maps
from reports.statistics.confusion_counts import Floats, Integers

STEPS = 8


def order(maps: Maps, rng: np.random.Generator) -> Integers:
    """Pixels from the most important on, equal ones in random order: (n, size²) positions."""
    flat = maps.reshape(len(maps), -1)
    return np.lexsort((rng.random(flat.shape), -flat), axis=1)


def fractions() -> Floats:
    """The shares of pixels that are deleted or inserted: (n_steps + 1,) from 0 to 1."""
    return np.arange(STEPS + 1) / STEPS


def area(curves: Floats) -> Floats:
    """The area below curves (n, n_steps + 1) over the shares, by trapezoids: (n,)."""
    return np.asarray((curves[:, 1:] + curves[:, :-1]).mean(1) / 2)
