"""Densities: brain, CSF, dura, calcium; and all that encloses them: skull, petrous ridges, scalp, air."""

import numpy as np
import numpy.typing as npt

from bench.phantom.csf import EDGE_MM, Spaces, midline_extent
from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import (
    ANGLE,
    N_ANGLES,
    RADIUS,
    REACH_MM,
    Plane,
    Point,
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
from bench.phantom.head import SKULL_BASE, VENTRICLES, Brain, Head

WHITE_HU = 27.0
# usual places of harmless calcium at the level of the ventricles, with their frequency: pineal, choroid, pallidum
_CALCIFIED: tuple[tuple[Point, float], ...] = (
    ((0, 20), 0.5),
    ((21, 30), 0.4),
    ((-21, 30), 0.4),
    ((22, -4), 0.1),
    ((-22, -4), 0.1),
)
Mask = npt.NDArray[np.bool_]
AIR_HU = -1000.0
_SUTURES = (0.95, -0.95, 2.35, -2.35)


def paint_tissue(head: Head, brain: Brain, spaces: Spaces, difficulty: Difficulty, rng: np.random.Generator) -> Plane:
    """HU of the brain with CSF, dura and harmless calcium, before any lesion."""
    grey = np.maximum(spaces.cortex, _deep_grey(head, brain, rng))
    hu = np.float32(WHITE_HU + rng.normal()) + np.float32(draw(rng, (7.5, 9.5))) * grey
    hu += np.float32(difficulty.texture_hu) * smooth_noise(rng, 20.0)
    if head.level != SKULL_BASE:  # pale rim of the ageing brain
        hu -= np.float32(5 * head.atrophy) * bump(spaces.ventricle_distance, 7.0)
    csf_hu = draw(rng, (4.0, 9.0))
    blend(hu, csf_hu, spaces.subarachnoid)
    blend(hu, csf_hu, spaces.ventricles)
    _paint_dura(hu, head, brain, rng)
    _paint_calcium(hu, head, brain, difficulty.calcification, rng)
    return hu


def _deep_grey(head: Head, brain: Brain, rng: np.random.Generator) -> Plane:
    """Share of grey matter below the cortex: thalamus and lentiform nucleus, or the cerebellum."""
    grey = np.zeros_like(brain.x)
    strength = np.float32(draw(rng, (0.5, 0.8)))
    if head.level == SKULL_BASE:
        return np.float32(0.55) * soft_step(brain.y - np.float32(22), 3.0)
    if head.level == VENTRICLES:
        for (x, y), stretch, radius in (((10, 6), (1.0, 1.35), 8.0), ((25, -6), (0.75, 1.7), 7.5)):
            for side in (-1, 1):
                part = around([(side * x, y)], 50.0)
                away = np.hypot((brain.x[part] - side * x) / stretch[0], (brain.y[part] - y) / stretch[1])
                np.maximum(grey[part], strength * soft_step(radius - away, 1.6), out=grey[part])
    return grey


def _paint_dura(hu: Plane, head: Head, brain: Brain, rng: np.random.Generator) -> None:
    falx = bump(brain.x, 1.0) * midline_extent(head, brain) * np.float32(draw(rng, (0.6, 0.95)))
    blend(hu, draw(rng, (45.0, 56.0)), falx)
    if head.level != SKULL_BASE:  # superior sagittal sinus
        sinus = soft_step(np.float32(7) - brain.depth - np.abs(brain.x), 1.2) * (brain.y > 20)
        blend(hu, draw(rng, (44.0, 56.0)), sinus)


def _paint_calcium(hu: Plane, head: Head, brain: Brain, frequency: float, rng: np.random.Generator) -> None:
    spots: list[Point] = []
    if head.level == VENTRICLES:
        spots = [place for place, chance in _CALCIFIED if rng.random() < chance * frequency]
    if head.level != SKULL_BASE and rng.random() < 0.12 * frequency:
        spots.append((0.0, draw(rng, (-55.0, -35.0))))  # plaque on the falx
    for x, y in spots:
        part = around([(x, y)], REACH_MM + 10)
        away = np.hypot(brain.x[part] - np.float32(x + rng.normal()), brain.y[part] - np.float32(y + rng.normal()))
        speck = soft_step(np.float32(draw(rng, (0.8, 2.2))) - away, EDGE_MM)
        hu[part] += np.float32(draw(rng, (25.0, 140.0))) * speck


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
