"""The head that a slice is cut from, and where each pixel of its brain lay before a lesion pushed it there."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import (
    ANGLE,
    ANGLES,
    COL_MM,
    RADIUS,
    ROW_MM,
    Index,
    Plane,
    Point,
    Table,
    X,
    Y,
    angle_index,
    angular_distance,
    draw,
    soft_step,
    wavy_table,
)

SKULL_BASE, VENTRICLES, CONVEXITY = range(3)
MAX_SHIFT_MM = 12.0


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


@dataclass(frozen=True)
class Push:
    """Brain driven away from `centre` by up to `amount` mm at the rim of a lesion of `radius` mm."""

    centre: Point
    radius: float
    amount: float


@dataclass(frozen=True)
class MassEffect:
    """What a lesion does to the brain around it.

    `midline_shift` is in mm, positive to positive x; `side` is the lesion's (-1, +1) and `effacement` (0..1) how far
    it closes sulci and ventricle there; `extra_axial` is the thickness in mm by angle of blood under the skull.
    """

    side: int = 1
    effacement: float = 0.0
    midline_shift: float = 0.0
    push: Push | None = None
    extra_axial: Table | None = None


@dataclass(frozen=True)
class Brain:
    """Undeformed coordinates of each pixel: x, y and depth under the inner table in mm, and the angle's index.

    `effacement` (0..1) is how far CSF spaces are squeezed, `relief` how far they give way on the other side.
    """

    x: Plane
    y: Plane
    depth: Plane
    angle: Index
    effacement: Plane
    relief: Plane


def deform(head: Head, mass: MassEffect) -> Brain:
    """Brain coordinates of `head` under `mass`."""
    x, y = X.copy(), Y.copy()
    if mass.midline_shift:
        # the falx is held at both ends of the skull, so the shift is largest half-way
        lengthwise = np.clip(1 - (Y / np.float32(head.half_length)) ** 2, 0, 1)
        free = head.inner_table[ANGLE] - RADIUS
        if mass.extra_axial is not None:
            free = free - mass.extra_axial[ANGLE]
        # held, too, where the brain rests on the skull or on a clot
        x -= np.float32(mass.midline_shift) * lengthwise * np.clip(free * np.float32(1 / 30), 0, 1)
    if mass.push is not None:
        _push(x, y, head, mass.push)
    angle = angle_index(x, y)
    radius = np.hypot(x, y) + np.float32(1e-3)
    inner_table = head.inner_table[angle]
    depth = inner_table - radius
    if mass.extra_axial is not None:
        thickness = mass.extra_axial[angle]
        depth -= thickness * np.exp(np.maximum(depth - thickness, 0) * np.float32(-1 / 25))
        stretch = np.clip((inner_table - depth) / radius, 0.5, 2)
        x *= stretch
        y *= stretch
    ipsilateral = soft_step(x * np.float32(mass.side), 8.0)
    effacement = ipsilateral * np.float32(mass.effacement)
    return Brain(x, y, depth, angle, effacement, np.float32(mass.effacement) - effacement)


def _push(x: Plane, y: Plane, head: Head, push: Push) -> None:
    dx, dy = X - np.float32(push.centre[0]), Y - np.float32(push.centre[1])
    distance = np.hypot(dx, dy) + np.float32(1e-3)
    outside = np.maximum(distance - np.float32(push.radius), 0) * np.float32(1 / (1.6 * push.radius))
    held_by_skull = np.clip((head.inner_table[ANGLE] - RADIUS) * np.float32(1 / 12), 0, 1)
    inside = np.minimum(1, distance * np.float32(1 / push.radius))
    force = np.float32(push.amount) * np.exp(-outside * outside) * inside * held_by_skull / distance
    x -= force * dx
    y -= force * dy


def midline_shift(brain: Brain, head: Head) -> float:
    """Largest distance in mm between the bent and the straight midline, over the middle of the head."""
    rows = np.flatnonzero(np.abs(ROW_MM) < 0.6 * head.half_length)
    columns = np.flatnonzero(np.abs(COL_MM) < 25)
    x = brain.x[rows][:, columns]
    nearest = np.abs(x).argmin(axis=1)
    bent = COL_MM[columns][nearest] - x[np.arange(len(rows)), nearest]
    return float(np.abs(bent).max())
