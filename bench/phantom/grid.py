"""The head's millimetre grid and the small geometry every structure is drawn with.

One pixel is 1 mm. x grows to the image's right, y to the back of the head; the origin is the middle of the head.
An angle is a position in `ANGLES`: 0 rad is the forehead, positive angles lie on the side of positive x.
Planes are float32 of shape (ROWS, COLS), tables float32 of shape (N_ANGLES,).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Table = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]
Point = tuple[float, float]
Range = tuple[float, float]
Window = tuple[slice, slice]

ROWS, COLS = 216, 184
N_ANGLES = 1440
FAR = 99.0
# mass effect moves a structure by at most about this many mm, so it is looked for only that far from its place
REACH_MM = 34.0

ANGLES: Table = np.linspace(-np.pi, np.pi, N_ANGLES, endpoint=False).astype(np.float32)
ROW_MM: Table = np.arange(ROWS, dtype=np.float32) - np.float32((ROWS - 1) / 2)
COL_MM: Table = np.arange(COLS, dtype=np.float32) - np.float32((COLS - 1) / 2)
X: Plane = np.ascontiguousarray(np.broadcast_to(COL_MM, (ROWS, COLS)))
Y: Plane = np.ascontiguousarray(np.broadcast_to(ROW_MM[:, None], (ROWS, COLS)))
RADIUS: Plane = np.hypot(X, Y) + np.float32(1e-3)


def angle_index(x: Plane, y: Plane) -> Index:
    """Position in `ANGLES` of each point (x, y) in mm."""
    turns = np.arctan2(x, -y) * np.float32(N_ANGLES / (2 * np.pi)) + np.float32(N_ANGLES / 2 + 0.5)
    index = turns.astype(np.intp)
    index[index >= N_ANGLES] -= N_ANGLES
    return index


ANGLE: Index = angle_index(X, Y)


def draw(rng: np.random.Generator, bounds: Range) -> float:
    """A number drawn uniformly from (lowest, highest)."""
    return float(rng.uniform(*bounds))


def at(table: Table, angle: float) -> float:
    """The table's value at one angle in radians."""
    return float(table[round((angle + np.pi) * N_ANGLES / (2 * np.pi)) % N_ANGLES])


def polar(angle: float, radius: float) -> Point:
    """The point (x, y) in mm at an angle in radians and a distance in mm from the origin."""
    return float(np.sin(angle)) * radius, float(-np.cos(angle)) * radius


def angular_distance(angle: float) -> Table:
    """Distance in radians of every table position from `angle`, signed, in [-pi, pi)."""
    wrapped: Table = (ANGLES - np.float32(angle) + np.pi) % np.float32(2 * np.pi) - np.float32(np.pi)
    return wrapped


def soft_step(distance: Plane, width: float) -> Plane:
    """0 below and 1 above zero, with a logistic edge of `width` (same unit as `distance`)."""
    edge: Plane = np.tanh(distance * np.float32(0.5 / width)) * np.float32(0.5) + np.float32(0.5)
    return edge


def bump(distance: Plane, width: float) -> Plane:
    """Gaussian bump, exp(-(distance / width)^2)."""
    scaled = distance * np.float32(1 / width)
    return np.exp(-scaled * scaled)


def blend(hu: Plane, value: Plane | float, share: Plane) -> None:
    """Replace, in place, the given share (0..1) of each pixel's HU by `value`."""
    hu += (value - hu) * share


def around(points: Sequence[Point], margin_mm: float) -> Window:
    """The part of the grid within `margin_mm` of the points' bounding box."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (
        slice(max(0, int(min(ys) - margin_mm + ROWS / 2)), max(1, int(max(ys) + margin_mm + ROWS / 2))),
        slice(max(0, int(min(xs) - margin_mm + COLS / 2)), max(1, int(max(xs) + margin_mm + COLS / 2))),
    )


def capsule_distance(x: Plane, y: Plane, start: Point, end: Point, radii: Range) -> Plane:
    """Signed distance in mm (negative inside) to a segment whose radius runs from radii[0] to radii[1]."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy + 1e-6)
    along = np.clip(along, 0, 1)
    radius = radii[0] + (radii[1] - radii[0]) * along
    return (np.hypot(x - start[0] - along * dx, y - start[1] - along * dy) - radius).astype(np.float32, copy=False)


def wavy_table(rng: np.random.Generator, amplitudes: Sequence[float], first_harmonic: int = 1) -> Table:
    """A random periodic table: one sine per harmonic, its amplitude normal with the given deviation."""
    table = np.zeros(N_ANGLES, np.float32)
    for harmonic, amplitude in enumerate(amplitudes, first_harmonic):
        phase = rng.uniform(0, 2 * np.pi)
        table += np.float32(amplitude * rng.normal()) * np.cos(harmonic * ANGLES + np.float32(phase))
    return table


@lru_cache(maxsize=32)
def radial_basis(n: int, spacing: float) -> Plane:
    """Gaussian interpolation weights (n, n_knots) of unit norm per row, knots `spacing` apart."""
    knots = np.arange(-spacing, n + 2 * spacing, spacing)
    weights = np.exp(-(((np.arange(n)[:, None] - knots) / spacing) ** 2) / 1.2)
    weights /= np.sqrt((weights**2).sum(1, keepdims=True))
    return weights.astype(np.float32)


def weighted_sums(left: Plane, right: Plane) -> Plane:
    """Matrix product whose bytes do not depend on the number of threads, as those of a BLAS may."""
    product: Plane = np.einsum("ik,kj->ij", left, right)
    return product


def smooth_noise(rng: np.random.Generator, length_mm: float) -> Plane:
    """Gaussian random field of unit variance whose correlation length is about `length_mm`."""
    down, across = radial_basis(ROWS, length_mm), radial_basis(COLS, length_mm)
    knots = rng.standard_normal((down.shape[1], across.shape[1]), dtype=np.float32)
    return weighted_sums(down, weighted_sums(knots, np.ascontiguousarray(across.T)))
