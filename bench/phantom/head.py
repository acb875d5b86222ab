"""The head a slice is cut from: level, inner table of the skull, bone and scalp, as radii by angle."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import ANGLES, Table, angular_distance, draw, wavy_table

SKULL_BASE, VENTRICLES, CONVEXITY = range(3)


@dataclass(frozen=True)
class Head:
    """One head at one level. Tables are in mm by angle; `atrophy` is 0 (young) to 1 (marked)."""

    level: int
    half_width: float
    half_length: float
    inner_table: Table
    bone: Table
    scalp: Table
    atrophy: float
    ventricle_scale: float

    @property
    def outline(self) -> Table:
        """Radius of the skin in mm by angle."""
        return self.inner_table + self.bone + self.scalp


def draw_head(difficulty: Difficulty, rng: np.random.Generator) -> Head:
    """A random head; nothing in it depends on the class or the site."""
    level = int(rng.choice(3, p=difficulty.level_weights))
    scale = (0.93, 1.0, 0.97)[level] * draw(rng, difficulty.head_scale)
    half_width = 66.0 * scale * draw(rng, difficulty.head_scale)
    half_length = 82.0 * scale
    bone = draw(rng, (4.0, 6.0)) * (1 + wavy_table(rng, [0.05, 0.07, 0.05, 0.04])).clip(0.6, 1.4)
    bone += 1.5 * np.exp(-((ANGLES / 0.25) ** 2))  # frontal crest
    return Head(
        level=level,
        half_width=half_width,
        half_length=half_length,
        inner_table=_inner_table(half_width, half_length, rng),
        bone=bone.astype(np.float32),
        scalp=_scalp(difficulty, rng),
        atrophy=draw(rng, difficulty.atrophy),
        ventricle_scale=draw(rng, difficulty.ventricle_scale),
    )


def _inner_table(half_width: float, half_length: float, rng: np.random.Generator) -> Table:
    """An ellipse, narrower at the temples, with slight irregularity."""
    sine, cosine = np.sin(ANGLES), np.cos(ANGLES)
    ellipse = 1 / np.sqrt((sine / half_width) ** 2 + (cosine / half_length) ** 2)
    temples = 0.08 * cosine.clip(0) ** 3 * np.abs(sine)
    radius: Table = (ellipse * (1 + wavy_table(rng, [0.004, 0.006, 0.004, 0.003]) - temples)).astype(np.float32)
    return radius


def _scalp(difficulty: Difficulty, rng: np.random.Generator) -> Table:
    scalp = draw(rng, (4.0, 6.5)) * (1 + wavy_table(rng, [0.10, 0.08, 0.06])).clip(0.6, 1.3)
    if rng.random() < difficulty.scalp_swelling:
        distance = angular_distance(draw(rng, (-np.pi, np.pi)))
        scalp += draw(rng, (3.0, 6.0)) * np.exp(-(distance**2) / draw(rng, (0.05, 0.15)))
    return scalp.astype(np.float32)
