"""Sulci: the zero lines of a random field laid over depth and angle, so that they follow skull and gyri."""

from __future__ import annotations

import numpy as np

from bench.phantom.brain import Brain
from bench.phantom.grid import N_ANGLES, Plane, radial_basis, weighted_sums

_KNOTS_PER_TURN = 120
_FINE_PER_KNOT = 6
_DEPTHS = 64  # mm under the skull over which folds are told apart
_DEPTH_MM = 8.0  # correlation length along a sulcus


def draw_folds(brain: Brain, bend: Plane, rng: np.random.Generator) -> Plane:
    """Field of unit variance (ROWS, COLS) that is zero along each sulcus; `bend` makes the sulci winding."""
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
