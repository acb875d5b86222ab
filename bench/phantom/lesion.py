"""What every lesion can say: its kind, the room it takes, and how it looks on a slice."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.phantom.csf import Spaces
from bench.phantom.grid import Plane, smooth_noise
from bench.phantom.head import Brain, Head, MassEffect


@dataclass(frozen=True)
class Canvas:
    """A slice being painted: `hu` is changed in place, the rest is read."""

    head: Head
    brain: Brain
    spaces: Spaces
    hu: Plane


class Lesion(Protocol):
    """A lesion planned before the brain is drawn, since the brain gives way to it."""

    @property
    def kind(self) -> str:
        """Name of the sort of lesion, for the manifest."""

    @property
    def mass_effect(self) -> MassEffect:
        """How the lesion deforms the brain."""

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Paint the lesion into `canvas.hu`; return its share (0..1) of each pixel."""


def fresh_blood(hu: float, rng: np.random.Generator) -> Plane:
    """HU of a clot, slightly uneven around `hu`."""
    return np.float32(hu) + np.float32(2.5) * smooth_noise(rng, 8.0)
