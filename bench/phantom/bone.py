"""Everything outside the brain: skull with diploe and sutures, petrous ridges, scalp, air."""

import numpy as np
import numpy.typing as npt

from bench.phantom.grid import (
    ANGLE,
    N_ANGLES,
    RADIUS,
    Plane,
    X,
    Y,
    angular_distance,
    around,
    blend,
    bump,
    capsule_distance,
    draw,
    smooth_noise,
    soft_step,
)
from bench.phantom.head import SKULL_BASE, Head

Mask = npt.NDArray[np.bool_]
AIR_HU = -1000.0
_SUTURES = (0.95, -0.95, 2.35, -2.35)


def paint_bone_and_scalp(hu: Plane, head: Head, rng: np.random.Generator) -> Plane:
    """Paint over `hu` (in place) what encloses the brain; return the share (0..1) of bone in each pixel."""
    outward = RADIUS - head.inner_table[ANGLE]
    thickness = head.bone[ANGLE]
    skull = soft_step(outward, 0.3)
    blend(hu, _bone_hu(outward / thickness, rng), skull)
    if head.level == SKULL_BASE:
        skull = np.maximum(skull, _paint_petrous_ridges(hu, head, outward < thickness, rng))
    _paint_scalp(hu, outward - thickness, head.scalp[ANGLE], rng)
    return skull


def _bone_hu(across: Plane, rng: np.random.Generator) -> Plane:
    """Two dense tables around the spongy diploe; `across` runs from 0 (inner) to 1 (outer table)."""
    diploe = bump(np.clip(across, 0, 1) - np.float32(0.5), 0.22)
    hu = np.float32(draw(rng, (950.0, 1300.0))) - np.float32(draw(rng, (250.0, 600.0))) * diploe
    hu += np.float32(60) * smooth_noise(rng, 8.0)
    gaps = np.zeros(N_ANGLES, np.float32)
    for suture in _SUTURES:
        if rng.random() < 0.6:
            gaps += 450 * np.exp(-((angular_distance(suture + 0.05 * float(rng.normal())) / 0.02) ** 2))
    hu -= gaps[ANGLE]
    return hu


def _paint_petrous_ridges(hu: Plane, head: Head, enclosed: Mask, rng: np.random.Generator) -> Plane:
    bone = np.zeros_like(hu)
    rough = np.float32(1.0) * smooth_noise(rng, 6.0)
    cells = smooth_noise(rng, 5.0)
    for side in (-1, 1):
        inner = (side * 17.0, 13 + float(rng.normal()))
        outer = (side * (head.half_width - 2), 24 + 1.5 * float(rng.normal()))
        part = around((inner, outer), 16.0)
        distance = capsule_distance(X[part], Y[part], inner, outer, (2.0, 7.0)) + rough[part]
        bone[part] = np.maximum(bone[part], soft_step(-distance, 0.6))
    bone *= enclosed
    air_cells = soft_step(cells - np.float32(0.9), 0.2) * (np.abs(X) > 36)
    blend(hu, 900 - 1300 * air_cells, bone)
    return bone


def _paint_scalp(hu: Plane, outward: Plane, scalp: Plane, rng: np.random.Generator) -> None:
    """Fat under skin, with muscle over the temples."""
    temples = np.exp(-((np.abs(X) - 62) ** 2 / 500 + (Y + 8) ** 2 / 900)).astype(np.float32)
    muscle = soft_step(temples * np.float32(2.4) + np.float32(0.5) * smooth_noise(rng, 14.0) - np.float32(1.1), 0.2)
    skin = soft_step(outward - scalp + np.float32(2.0), 0.4)
    soft = np.float32(draw(rng, (30.0, 45.0)))
    layers = np.float32(-85) + (soft + np.float32(85)) * np.maximum(muscle, skin)
    blend(hu, layers, soft_step(outward, 0.3))
    blend(hu, AIR_HU, soft_step(outward - scalp, 0.4))
