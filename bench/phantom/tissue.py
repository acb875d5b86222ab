"""Densities of the brain and of what lies in it: grey and white matter, CSF, falx, sinus, calcifications."""

import numpy as np

from bench.phantom.brain import Brain
from bench.phantom.csf import EDGE_MM, Spaces, midline_extent
from bench.phantom.difficulty import Difficulty
from bench.phantom.grid import REACH_MM, Plane, Point, around, blend, bump, draw, smooth_noise, soft_step
from bench.phantom.head import SKULL_BASE, VENTRICLES, Head

WHITE_HU = 27.0
# usual places of harmless calcium at the level of the ventricles, with their frequency: pineal, choroid, pallidum
_CALCIFIED: tuple[tuple[Point, float], ...] = (
    ((0, 20), 0.5),
    ((21, 30), 0.4),
    ((-21, 30), 0.4),
    ((22, -4), 0.1),
    ((-22, -4), 0.1),
)


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
