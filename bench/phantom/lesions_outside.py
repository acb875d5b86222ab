"""Blood outside the brain: under the skull (epidural, subdural), in the CSF (subarachnoid), in the ventricles."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.difficulty import SUBDURAL_AGES, Difficulty
from bench.phantom.grid import (
    ANGLE,
    ANGLES,
    RADIUS,
    Plane,
    Point,
    Table,
    X,
    Y,
    angular_distance,
    at,
    blend,
    bump,
    draw,
    polar,
    smooth_noise,
    soft_step,
    wavy_table,
)
from bench.phantom.head import CONVEXITY, MAX_SHIFT_MM, Head, MassEffect
from bench.phantom.lesion import Canvas, fresh_blood

_SULCUS_WIDTH = 0.38  # of a sulcus swollen with blood, in the units of Spaces.fold
_FILM_MM = 3.0  # blood this close to the skull is a film over the gyri, not a filled sulcus


@dataclass(frozen=True)
class ExtraAxialBlood:
    """Blood of `thickness` mm under the inner table, by angle; `kind` is also its age."""

    kind: str
    thickness: Table
    mass_effect: MassEffect
    blood_hu: float

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Fill the space between the skull and the brain that gave way."""
        depth = canvas.head.inner_table[ANGLE] - RADIUS
        thickness = self.thickness[ANGLE]
        share = soft_step(thickness - depth, 0.5) * soft_step(thickness - np.float32(0.8), 0.2)
        blend(canvas.hu, self._density(rng), share)
        return share

    def _density(self, rng: np.random.Generator) -> Plane:
        fresh = fresh_blood(self.blood_hu, rng)
        if self.kind == "swirl":  # unclotted, hence darker, blood within the clot
            return fresh - np.float32(14) * soft_step(smooth_noise(rng, 12.0) - np.float32(0.7), 0.25)
        if self.kind == "isodense":
            return fresh + np.float32(draw(rng, (30.0, 42.0)) - self.blood_hu)
        if self.kind == "chronic":
            return fresh + np.float32(draw(rng, (12.0, 24.0)) - self.blood_hu)
        if self.kind == "layered":  # cells sink to the back of a lying patient
            serum = np.float32(draw(rng, (20.0, 30.0)))
            return serum + (fresh - serum) * soft_step(Y - np.float32(draw(rng, (-20.0, 20.0))), 4.0)
        return fresh


def plan_epidural(head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool) -> ExtraAxialBlood:
    """A lens: bulging beyond the chord of the skull it strips the dura from."""
    side = int(rng.choice([-1, 1]))
    centre = side * np.deg2rad(draw(rng, (35.0, 145.0)))
    scale = draw(rng, difficulty.lesion_scale)
    half_width = np.deg2rad(draw(rng, difficulty.epidural_half_width)) * scale**0.5
    chord_mm = at(head.inner_table, centre) * (1 - np.cos(half_width))
    height = (chord_mm * draw(rng, (1.1, 1.5)) + draw(rng, difficulty.epidural_bulge_mm)) * scale
    outline = _outline(centre, half_width, draw(rng, (0.85, 1.2)))
    thickness = height * outline * (1 + 0.03 * wavy_table(rng, [1, 1, 1], first_harmonic=3))
    kind = "swirl" if rng.random() < difficulty.epidural_swirl else "acute"
    return _blood(kind, thickness, side, height, difficulty, rng)


def plan_subdural(head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool) -> ExtraAxialBlood:
    """A crescent: long, thin, crossing sutures but never the midline."""
    side = int(rng.choice([-1, 1]))
    centre = side * np.deg2rad(draw(rng, (60.0, 120.0)))
    scale = draw(rng, difficulty.lesion_scale)
    half_width = np.deg2rad(draw(rng, difficulty.subdural_half_width)) * scale**0.5
    height = draw(rng, difficulty.subdural_mm) * scale
    outline = _outline(centre, half_width, draw(rng, (0.45, 0.75))) * _tapered_to(side)
    thickness = height * outline * (1 + 0.07 * wavy_table(rng, [1, 1, 1, 1], first_harmonic=3))
    kind = SUBDURAL_AGES[int(rng.choice(len(SUBDURAL_AGES), p=difficulty.subdural_ages))]
    return _blood(kind, thickness, side, height, difficulty, rng)


def _tapered_to(side: int) -> Table:
    """1 on one side of the head, falling to 0 over the last 8 degrees before the midline."""
    from_front, per_taper = ANGLES * side, np.float32(np.rad2deg(1) / 8)
    from_back = np.float32(np.pi) - from_front
    taper: Table = np.clip(from_front * per_taper, 0, 1) * np.clip(from_back * per_taper, 0, 1)
    return taper


def _outline(centre: float, half_width: float, power: float) -> Table:
    outline: Table = np.clip(1 - (angular_distance(centre) / half_width) ** 2, 0, None) ** power
    return outline


def _blood(
    kind: str, thickness: Table, side: int, height: float, difficulty: Difficulty, rng: np.random.Generator
) -> ExtraAxialBlood:
    shift = min(MAX_SHIFT_MM, max(0.0, height - 4) * draw(rng, (0.6, 0.9)))
    thickness = np.clip(thickness, 0, None).astype(np.float32)
    mass = MassEffect(side=side, effacement=min(1.0, height / 12), midline_shift=-side * shift, extra_axial=thickness)
    return ExtraAxialBlood(kind, thickness, mass, draw(rng, difficulty.blood))


@dataclass(frozen=True)
class Cloud:
    """Blood has spread `reach` mm around `centre`."""

    centre: Point
    reach: float


@dataclass(frozen=True)
class SubarachnoidBlood:
    """Blood mixed with the CSF around the brain wherever a cloud covers it; `strength` (0..1) is its share."""

    kind: str
    clouds: tuple[Cloud, ...]
    blood_hu: float
    strength: float
    mass_effect: MassEffect

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Turn sulci, cisterns and fissure bright; the faint film over the gyri is not part of the lesion."""
        spaces, depth = canvas.spaces, canvas.brain.depth
        covered = np.zeros_like(canvas.hu)
        for cloud in self.clouds:
            away = np.hypot(X - np.float32(cloud.centre[0]), Y - np.float32(cloud.centre[1]))
            np.maximum(covered, soft_step(np.float32(cloud.reach) - away, 2.0), out=covered)
        swollen = bump(spaces.fold, _SULCUS_WIDTH) * spaces.sulcal_zone
        spread = np.maximum(np.maximum(swollen, spaces.sulci), np.maximum(spaces.cisterns, spaces.fissure))
        filled: Plane = spread * soft_step(depth - np.float32(_FILM_MM), 0.5) * covered
        blood = fresh_blood(self.blood_hu, rng)
        film = soft_step(np.float32(1.2) - depth, 0.4) * covered * np.float32(0.3)
        blend(canvas.hu, blood, np.maximum(filled, film) * np.float32(self.strength))
        return filled


@dataclass(frozen=True)
class IntraventricularBlood:
    """Blood in the ventricles: sunk to the back (`sunk_behind`, y in mm) or filling one side."""

    blood_hu: float
    sunk_behind: float | None
    mass_effect: MassEffect
    kind: str = "intraventricular"

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> Plane:
        """Fill the ventricles behind the level, or on the lesion's side."""
        brain = canvas.brain
        if self.sunk_behind is not None:
            where = soft_step(brain.y - np.float32(self.sunk_behind), 1.5)
        else:
            where = soft_step(brain.x * np.float32(self.mass_effect.side) + np.float32(4), 1.5)
        share = canvas.spaces.ventricles * where
        blend(canvas.hu, np.float32(self.blood_hu) + np.float32(2.0) * smooth_noise(rng, 8.0), share)
        return share


def plan_subarachnoid(
    head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool
) -> SubarachnoidBlood:
    """Blood around the circle of Willis (below the convexity) or over a hemisphere, or both."""
    reach, clouds = difficulty.subarachnoid_reach_mm, []
    basal = head.level != CONVEXITY and rng.random() < difficulty.basal_subarachnoid
    if basal:
        clouds.append(Cloud((draw(rng, (-12.0, 12.0)), draw(rng, (-14.0, -2.0))), draw(rng, reach) * 1.2))
    for _ in range(1 if subtle else int(rng.integers(1, 4))):
        angle = draw(rng, (-np.pi, np.pi))
        depth = draw(rng, (4.0, 20.0))
        clouds.append(Cloud(polar(angle, at(head.inner_table, angle) - depth), draw(rng, reach)))
    return SubarachnoidBlood(
        kind="basal" if basal else "cortical",
        clouds=tuple(clouds),
        blood_hu=draw(rng, difficulty.blood),
        strength=draw(rng, difficulty.subarachnoid_share),
        mass_effect=MassEffect(),
    )


def plan_intraventricular(
    head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool
) -> IntraventricularBlood:
    """Blood from elsewhere that lies in the ventricles."""
    sunk = rng.random() < (0.8 if subtle else 0.4)
    return IntraventricularBlood(
        blood_hu=draw(rng, difficulty.blood),
        sunk_behind=draw(rng, (0.0, 24.0)) if sunk and head.level != 0 else None,
        mass_effect=MassEffect(side=int(rng.choice([-1, 1]))),
    )
