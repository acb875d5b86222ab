"""Real digits laid out in folders in many ways."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from bench.config.experiment import Experiment
from bench.config.request import experiment_from
from bench.engine.prepare import Prepared
from bench.initial.conduct import Initial

Init = Callable[..., Initial]
Take = Callable[[Path], Prepared]
PlaceOf = Callable[[int, int], str]


@cache
def digit_pixels() -> NDArray[np.float64]:
    """(n, 8, 8) with values up to 16."""
    return np.asarray(load_digits().images)


def digit(number: int, size: int = 28) -> Image.Image:
    """A real handwritten digit."""
    pixels = (digit_pixels()[number] * 15.9).astype(np.uint8)
    return Image.fromarray(pixels).resize((size, size))


def lay_out(
    root: Path, place_of: PlaceOf, digits: Sequence[int] = (0, 1, 4), each: int = 12, first: int = 0, size: int = 28
) -> Path:
    """`each` digits of a class, the k-th of class c as the file `place_of(c, k)`."""
    target = load_digits().target
    for label in digits:
        for k, number in enumerate(np.flatnonzero(target == label)[first : first + each]):
            file = root / place_of(label, k)
            file.parent.mkdir(parents=True, exist_ok=True)
            digit(number, size).save(file)
    return root


def read_back(config: Path) -> Experiment:
    """The checked options of a configuration."""
    return experiment_from({"config": config})
