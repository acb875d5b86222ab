"""Lesions of the brain itself: haematoma, tumour, cyst, calcification, and infarct."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import (
    ANGLE,
    RADIUS,
    Plane,
    Point,
    Table,
    X,
    Y,
    angle_index,
    angular_distance,
    at,
    blend,
    draw,
    polar,
    smooth_noise,
    soft_step,
    wavy_table,
)
from bench.phantom.head import VENTRICLES, Head, MassEffect, Push
from bench.phantom.lesion import Canvas, fresh_blood

_MAX_SHIFT_MM = 8.0  # of the midline as a whole; what the lesion pushes aside locally comes on top
# share of its radius by which each kind pushes the brain aside
_PUSH = {"lobar": 0.35, "deep": 0.35, "tumour": 0.3, "cyst": 0.25, "calcification": 0.0}
# brain supplied from the other side of the falx is spared: nothing closer to the midline than this turns dark
_SPARED_MM = 5.0


@dataclass(frozen=True)
class RoundLesion:
    """A lesion around `centre` (mm) whose rim lies at `rim` mm by angle about that centre."""

    kind: str
    centre: Point
    radius: float
    rim: Table
    mass_effect: MassEffect
    blood_hu: float
    into_ventricle: bool

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Paint the lesion with the swelling around it; only the lesion itself is returned."""
        dx, dy = X - np.float32(self.centre[0]), Y - np.float32(self.centre[1])
        outward = np.hypot(dx, dy) - self.rim[angle_index(dx, dy)]
        share = soft_step(-outward, 0.5) * (canvas.head.inner_table[ANGLE] > RADIUS)
        if self.kind in ("lobar", "deep"):
            self._paint_haematoma(canvas, outward, share, rng)
        elif self.kind == "tumour":
            self._paint_tumour(canvas, outward, share, rng)
        elif self.kind == "cyst":
            blend(canvas.hu, draw(rng, (3.0, 9.0)), share)
        else:
            grains = np.float32(draw(rng, (110.0, 240.0))) + np.float32(40) * smooth_noise(rng, 4.0)
            blend(canvas.hu, np.maximum(grains, 60), share)
        return share

    def _paint_haematoma(self, canvas: Canvas, outward: Plane, share: Plane, rng: np.random.Generator) -> None:
        spaces, hu = canvas.spaces, canvas.hu
        swelling = soft_step(np.float32(draw(rng, (2.0, 8.0))) - outward, 1.8)
        hu -= np.float32(draw(rng, (4.0, 9.0))) * swelling * spaces.tissue
        blood = fresh_blood(self.blood_hu, rng)
        blend(hu, blood, share)
        if self.into_ventricle:  # blood sinks to the back of the ventricle on that side
            same_side = canvas.brain.x * np.float32(self.mass_effect.side) > 0
            low = soft_step(canvas.brain.y - np.float32(10), 4.0)
            blend(hu, blood, spaces.ventricles * low * same_side * np.float32(0.8))

    def _paint_tumour(self, canvas: Canvas, outward: Plane, share: Plane, rng: np.random.Generator) -> None:
        """A core of mixed density, dead in its middle at times, in finger-like swelling of the white matter."""
        spaces, hu = canvas.spaces, canvas.hu
        ragged = np.float32(draw(rng, (5.0, 13.0))) - outward - 3 * spaces.bend
        white = (1 - np.float32(0.6) * spaces.cortex) * (1 - spaces.ventricles)
        hu -= np.float32(draw(rng, (7.0, 12.0))) * soft_step(ragged, 2.0) * white
        core = np.float32(draw(rng, (36.0, 48.0))) + np.float32(3) * smooth_noise(rng, 9.0)
        if rng.random() < 0.6:
            core -= np.float32(24) * soft_step(-outward - np.float32(0.4 * self.radius), 1.5)
        blend(hu, core, share)


def plan_haematoma(head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool) -> RoundLesion:
    """Blood in the brain: deep in the basal ganglia (level of the ventricles) or in a lobe."""
    deep = rng.random() < difficulty.deep_haematoma and head.level == VENTRICLES
    return plan_round("deep" if deep else "lobar", head, difficulty, rng, subtle=subtle)


def plan_round(kind: str, head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool) -> RoundLesion:
    """A lesion of one of the kinds: a tumour has swelling around it, a calcification has no mass effect."""
    side = int(rng.choice([-1, 1]))
    radii = {
        "lobar": difficulty.haematoma_mm,
        "deep": difficulty.haematoma_mm,
        "tumour": difficulty.tumour_mm,
        "cyst": difficulty.cyst_mm,
        "calcification": difficulty.calcification_mm,
    }
    radius = draw(rng, radii[kind]) * draw(rng, difficulty.lesion_scale)
    centre = _centre(kind, head, side, radius, rng)
    unevenness = 1 + wavy_table(rng, [0.06, 0.05, 0.035, 0.025, 0.02], first_harmonic=2)
    stretch, tilt = draw(rng, (0.75, 1.0)), draw(rng, (0.0, np.pi))
    angles = np.linspace(-np.pi, np.pi, len(unevenness), endpoint=False) - tilt
    rim = radius * unevenness / np.sqrt((np.cos(angles) * stretch) ** 2 + (np.sin(angles) / stretch) ** 2)
    push = Push(centre, radius, _PUSH[kind] * radius * draw(rng, (0.5, 1.0)))
    mass = MassEffect(side)
    if _PUSH[kind]:
        shift = min(_MAX_SHIFT_MM, max(0.0, radius - 8) * draw(rng, (0.4, 0.7)))
        mass = MassEffect(side, min(1.0, radius / 25), -side * shift, push)
    blood_hu = draw(rng, difficulty.blood)
    into_ventricle = not subtle and head.level == VENTRICLES and rng.random() < difficulty.ventricular_extension
    return RoundLesion(kind, centre, radius, rim.astype(np.float32), mass, blood_hu, into_ventricle)


def _centre(kind: str, head: Head, side: int, radius: float, rng: np.random.Generator) -> Point:
    if kind == "deep":
        return side * draw(rng, (20.0, 30.0)), draw(rng, (-12.0, 12.0))
    angle = side * np.deg2rad(draw(rng, (25.0, 155.0)))
    # near the cortex, yet with a strip of brain left between lesion and skull
    depth = radius * draw(rng, (1.0, 1.25)) + draw(rng, (3.0, 14.0))
    return polar(angle, max(radius * 0.8, at(head.inner_table, angle) - depth))


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
