"""Infarct: a wedge of darkened brain, wide at the cortex and pointing inwards, on one side of the midline."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.brain import MassEffect
from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import (
    ANGLE,
    RADIUS,
    Plane,
    Point,
    Table,
    angle_index,
    angular_distance,
    draw,
    smooth_noise,
    soft_step,
    wavy_table,
)
from bench.phantom.head import Head
from bench.phantom.lesion import Canvas

# brain supplied from the other side of the falx is spared: nothing closer to the midline than this turns dark
_SPARED_MM = 5.0


@dataclass(frozen=True)
class Infarct:
    """The territory around `direction` (radians), seen from `apex` (mm, in the undeformed brain).

    `half_width` is in radians by distance from the apex, `inner_mm` the distance by angle at which it begins.
    """

    apex: Point
    direction: float
    half_width: float
    inner_mm: Table
    drop_hu: float
    mass_effect: MassEffect
    kind: str = "infarct"

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Darken the territory, grey matter more than white, as swelling hides the border between them."""
        brain, spaces = canvas.brain, canvas.spaces
        inward = self._inside_mm(brain.x, brain.y) + np.float32(2.5) * smooth_noise(rng, 11.0)
        spared = np.float32(_SPARED_MM) + np.float32(1.5) * np.clip(spaces.bend, -2, 2)
        inward = np.minimum(inward, brain.x * np.float32(self.mass_effect.side) - spared)
        share = soft_step(inward, 1.3) * (canvas.head.inner_table[ANGLE] > RADIUS)
        hu = canvas.hu
        hu -= np.float32(self.drop_hu) * share * spaces.tissue * (np.float32(0.75) + np.float32(0.5) * spaces.cortex)
        return share

    def _inside_mm(self, x: Plane, y: Plane) -> Plane:
        """Distance in mm (positive inside) to the wedge's nearer flank or its inner end."""
        dx, dy = x - np.float32(self.apex[0]), y - np.float32(self.apex[1])
        angle = angle_index(dx, dy)
        distance = np.hypot(dx, dy)
        off_axis = np.abs(angular_distance(self.direction))[angle]
        flank = distance * np.clip(np.float32(self.half_width) - off_axis, -1.2, 1.2)
        inside: Plane = np.minimum(flank, distance - self.inner_mm[angle])
        return inside


def plan_infarct(head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool) -> Infarct:
    """A wedge somewhere between the frontal and the occipital pole, as of the middle cerebral artery."""
    side = int(rng.choice([-1, 1]))
    scale = draw(rng, difficulty.lesion_scale)
    inner = draw(rng, (10.0, 16.0)) * (1 + wavy_table(rng, [0.0, 0.12, 0.12, 0.1, 0.1])).clip(0.5, 1.6)
    shift = 0.0 if subtle else draw(rng, (0.0, 3.0))
    return Infarct(
        apex=(side * draw(rng, (8.0, 14.0)), draw(rng, (-14.0, 14.0))),
        direction=side * float(np.deg2rad(draw(rng, (55.0, 125.0)))),
        half_width=float(np.deg2rad(draw(rng, difficulty.infarct_half_width))) * scale,
        inner_mm=inner.astype(np.float32),
        drop_hu=draw(rng, difficulty.infarct_drop),
        mass_effect=MassEffect(side=side, effacement=0.1 if subtle else 0.5, midline_shift=-side * shift),
    )
