"""Blood in the CSF: subarachnoid in sulci, cisterns and fissure; intraventricular in the ventricles."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.brain import MassEffect
from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import Plane, Point, X, Y, at, blend, bump, draw, polar, smooth_noise, soft_step
from bench.phantom.head import CONVEXITY, Head
from bench.phantom.lesion import Canvas, fresh_blood

_SULCUS_WIDTH = 0.38  # of a sulcus swollen with blood, in the units of Spaces.fold
_FILM_MM = 3.0  # blood this close to the skull is a film over the gyri, not a filled sulcus


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
