"""Spaces filled with cerebrospinal fluid: sulci, ventricles, cisterns, the fissure between the hemispheres."""

from dataclasses import dataclass

import numpy as np

from bench.phantom.grid import (
    FAR,
    N_ANGLES,
    REACH_MM,
    Plane,
    Point,
    Range,
    around,
    bump,
    capsule_distance,
    radial_basis,
    smooth_noise,
    soft_step,
    wavy_table,
    weighted_sums,
)
from bench.phantom.head import SKULL_BASE, VENTRICLES, Brain, Head

EDGE_MM = 0.5
_KNOTS_PER_TURN = 120
_FINE_PER_KNOT = 6
_DEPTHS = 64  # mm under the skull over which folds are told apart
_DEPTH_MM = 8.0  # correlation length along a sulcus


@dataclass(frozen=True)
class Spaces:
    """Shares (0..1) of each pixel that are CSF, by space; `fold` is the distance from a sulcus, unitless.

    `rim` is the thin film over the gyri, `sulcal_zone` how far in sulci reach. `ventricle_distance` is in mm, negative
    inside. `cortex` is the share of grey matter of the cortical ribbon, `bend` a smooth field of unit variance.
    """

    sulci: Plane
    rim: Plane
    cisterns: Plane
    fissure: Plane
    ventricles: Plane
    ventricle_distance: Plane
    fold: Plane
    sulcal_zone: Plane
    cortex: Plane
    bend: Plane

    @property
    def subarachnoid(self) -> Plane:
        """Everything around the brain that holds CSF."""
        return np.maximum(np.maximum(self.sulci, self.rim), np.maximum(self.cisterns, self.fissure))

    @property
    def tissue(self) -> Plane:
        """The brain itself."""
        return (1 - self.ventricles) * (1 - self.subarachnoid)


def draw_spaces(
    head: Head,
    brain: Brain,
    rng: np.random.Generator,
    *,
    with_ventricles: bool,
    deep: np.random.Generator | None = None,
) -> Spaces:
    """The CSF spaces of one slice; `with_ventricles` makes sure some ventricle is cut.

    deep: draws ventricles and cisterns, where they go on through neighbouring slices and sulci do not.
    """
    bend = smooth_noise(rng, 26.0)
    fold = _draw_folds(brain, bend, rng)
    sulcal_depth = (14 + wavy_table(rng, [1.5, 1.5, 2, 2, 2])).clip(8, 22)[brain.angle]
    zone = soft_step(sulcal_depth - brain.depth, 2.5)
    openness = 1 - np.float32(0.8) * brain.effacement
    width = np.float32(0.20 + 0.30 * head.atrophy) * openness
    sulci = np.exp(-((fold / width) ** 2)) * zone * np.float32(0.6 + 0.4 * head.atrophy)
    ribbon = np.exp(-((fold / (width + np.float32(0.5))) ** 2)) * soft_step(sulcal_depth + 4 - brain.depth, 2.0)
    film = np.float32(0.4 + 2.6 * head.atrophy**2) * openness
    deep_x = brain.x + np.float32(1.3) * smooth_noise(rng, 24.0)
    ventricle_distance, cistern_distance = DeepSpaces(head, brain, deep_x, brain.y, deep or rng).draw(with_ventricles)
    return Spaces(
        sulci=sulci,
        rim=soft_step(film - brain.depth, EDGE_MM) * np.float32(0.7),
        cisterns=soft_step(-cistern_distance, EDGE_MM) * np.float32(0.95),
        fissure=bump(brain.x, 1.0 + 1.6 * head.atrophy) * midline_extent(head, brain) * np.float32(0.8),
        ventricles=soft_step(-ventricle_distance, EDGE_MM),
        ventricle_distance=ventricle_distance,
        fold=fold,
        sulcal_zone=zone,
        cortex=np.maximum(ribbon, soft_step(np.float32(3.8) - brain.depth, 0.8)),
        bend=bend,
    )


def midline_extent(head: Head, brain: Brain) -> Plane:
    """Where (0..1) the two hemispheres face each other at this level."""
    front = soft_step(np.float32(-32) - brain.y, 2.0)
    if head.level == SKULL_BASE:
        return front
    if head.level == VENTRICLES:
        return np.maximum(front, soft_step(brain.y - np.float32(34), 2.0))
    return np.ones_like(brain.x)


def _draw_folds(brain: Brain, bend: Plane, rng: np.random.Generator) -> Plane:
    """Field of unit variance (ROWS, COLS) that is zero along each sulcus; `bend` makes the sulci winding.

    It is a random field laid over depth and angle, so that sulci follow skull and gyri.
    """
    fine = _unrolled_folds(rng)
    n_fine = fine.shape[1]
    wobble = bend * np.float32(4)
    depth = np.clip(brain.depth + wobble, 0, _DEPTHS - 1).astype(np.intp)
    angle = (brain.angle * (n_fine / N_ANGLES) + wobble * np.float32(1.6) + n_fine).astype(np.intp) % n_fine
    folds: Plane = fine.reshape(-1)[depth * n_fine + angle]
    return folds


def _unrolled_folds(rng: np.random.Generator) -> Plane:
    """The field before it is rolled up under the skull, shape (depths, angles)."""
    basis = radial_basis(_DEPTHS, _DEPTH_MM)
    coarse = weighted_sums(basis, rng.standard_normal((basis.shape[1], _KNOTS_PER_TURN), dtype=np.float32))
    fine = np.empty((_DEPTHS, _KNOTS_PER_TURN, _FINE_PER_KNOT), np.float32)
    for phase in range(_FINE_PER_KNOT):
        taps = np.arange(-2, 4)
        weights = np.exp(-((taps - phase / _FINE_PER_KNOT) ** 2) / 1.6)
        weights /= np.sqrt((weights**2).sum())
        fine[:, :, phase] = sum(np.float32(w) * np.roll(coarse, -t, axis=1) for t, w in zip(taps, weights, strict=True))
    return fine.reshape(_DEPTHS, -1)


class DeepSpaces:
    """Ventricles and cisterns of one slice, gathered as the distance to the nearest of them."""

    def __init__(self, head: Head, brain: Brain, x: Plane, y: Plane, rng: np.random.Generator) -> None:
        self.head, self.x, self.y, self.rng = head, x, y, rng
        scale = np.float32(head.ventricle_scale * (0.7 + 0.8 * head.atrophy))
        self.swelling = scale * (1 - np.float32(0.55) * brain.effacement + np.float32(0.25) * brain.relief) - 1
        self.effacement = brain.effacement
        self.ventricles = np.full_like(x, FAR)
        self.cisterns = np.full_like(x, FAR)

    def draw(self, with_ventricles: bool) -> tuple[Plane, Plane]:
        """Signed distances in mm to the nearest ventricle and the nearest cistern."""
        if self.head.level == VENTRICLES:
            self._lateral_ventricles()
        elif self.head.level == SKULL_BASE:
            self._fourth_ventricle_and_star(4.5 if not with_ventricles else 7.5)
        elif self.rng.random() < 0.6 or with_ventricles:
            self._ventricular_bodies()
        return self.ventricles, self.cisterns

    def _jitter(self, mm: float = 1.2) -> float:
        return mm * float(self.rng.normal())

    def _ventricle(self, start: Point, end: Point, radii: Range, give: float) -> None:
        self._add(self.ventricles, (start, end), radii, give, self.swelling)

    def _cistern(self, start: Point, end: Point, radii: Range, squeeze: float = 0.0) -> None:
        self._add(self.cisterns, (start, end), radii, -squeeze, self.effacement)

    def _add(self, nearest: Plane, ends: tuple[Point, Point], radii: Range, give: float, wider: Plane) -> None:
        """Lower the distance to the `nearest` space where a capsule, `give` mm wider where `wider` is 1, is nearer."""
        part = around(ends, REACH_MM)
        distance = capsule_distance(self.x[part], self.y[part], *ends, radii)
        distance -= np.float32(give) * wider[part]
        np.minimum(nearest[part], distance, out=nearest[part])

    def _lateral_ventricles(self) -> None:
        j, atrophy, edge = self._jitter, self.head.atrophy, self.head.half_width
        for side in (-1, 1):
            self._ventricle((side * 5, -12 + j()), (side * (13 + j()), -30 + j()), (2.8, 3.6), 2.4)  # frontal horn
            self._ventricle((side * (20 + j()), 24 + j()), (side * (25 + j()), 42 + j(3)), (4.2, 1.8), 2.6)
            sylvian = (side * (edge - 3), -14 + j(2)), (side * (edge - 26 - j(2)), -8 + j())
            self._cistern(*sylvian, (1.4 + 2.2 * atrophy, 1.0), squeeze=4.0)
        self._ventricle((0, -2), (0, 13), (1.1, 1.4), 1.6)  # third ventricle
        self._cistern((-6, 27), (6, 27), (2.0, 2.0))  # quadrigeminal

    def _ventricular_bodies(self) -> None:
        j = self._jitter
        for side in (-1, 1):
            middle = (side * (8 + j(0.8)), -2.0)
            front, back = (side * (10 + j(0.8)), -24 + j(3)), (side * 15, 22 + j(3))
            self._ventricle(front, middle, (2.8, 3.2), 2.4)
            self._ventricle(middle, back, (3.2, 4.0), 2.6)

    def _fourth_ventricle_and_star(self, radius: float) -> None:
        j, atrophy, edge = self._jitter, self.head.atrophy, self.head.half_width
        self._ventricle((-1.5, 35), (1.5, 35), (radius, radius), 2.0)
        for tip in ((0, -24), (16, -14), (-16, -14), (12, 3), (-12, 3)):  # suprasellar star
            self._cistern((0, -8), tip, (4.5 + 1.5 * atrophy, 1.4))
        for side in (-1, 1):
            sylvian = (side * 17, -15.0), (side * (edge - 8), -20 + j(2))
            self._cistern(*sylvian, (1.6, 1.4 + 2 * atrophy), squeeze=3.0)
            self._ventricle((side * 30, -2), (side * 36, 10), (0.7, 1.0), 2.0)  # temporal horn
