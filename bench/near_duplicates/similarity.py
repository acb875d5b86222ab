"""How alike two thumbnails are where they are least alike, and how one is laid on the other before. Pure.

Laying on is Gauss–Newton on four parameters (stretch and shift along each axis) with gain and offset of brightness
(Lucas and Kanade, 1981), from coarse to fine. Bounds are narrow and there is no rotation: what has more freedom also
lays different cases on one another.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter

from bench.near_duplicates.thumbnail import SIDE, Floats

WINDOW = 11
MARGIN = 3
FLOOR = 0.3
SHARP = 0.8
LEVELS = ((2.0, 4), (0.8, 6))  # blur in pixels, steps
MOST_STRETCH, MOST_SHIFT = 0.06, 0.04
STILL = 2e-3  # pixels: a pair that moves less is done
LEAST_GAIN = 0.2


def least_local_correlation(first: Floats, second: Floats, sigma: float = SHARP) -> NDArray[np.float64]:
    """(n,) minima over the image of the normalised correlation in windows of 11 × 11 pixels.

    Two cases that share their outline differ somewhere inside, and there this falls, where a correlation over the
    whole image stays high. Brightness and contrast drop out. A floor of (0.3 sd of the image)² under the variances
    keeps flat windows, which hold only noise, from deciding.
    """
    x, y = _centred(first, sigma), _centred(second, sigma)
    floor_x, floor_y = _floor(x), _floor(y)
    mean_x, mean_y = _mean(x), _mean(y)
    variance_x, variance_y = _mean(x * x) - mean_x**2, _mean(y * y) - mean_y**2
    covariance = _mean(x * y) - mean_x * mean_y
    correlation = (covariance + np.sqrt(floor_x * floor_y)) / np.sqrt((variance_x + floor_x) * (variance_y + floor_y))
    found: NDArray[np.float64] = correlation.min((1, 2))
    return found


def _centred(images: Floats, sigma: float) -> NDArray[np.float64]:
    inner = blurred(images, sigma)[:, MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float64)
    centred: NDArray[np.float64] = inner - inner.mean((1, 2), keepdims=True)
    return centred


def _floor(images: NDArray[np.float64]) -> NDArray[np.float64]:
    floor: NDArray[np.float64] = np.maximum(FLOOR * images.std((1, 2)), 1e-9)[:, None, None] ** 2
    return floor


def _mean(images: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = uniform_filter(images, (0, WINDOW, WINDOW), mode="nearest")
    return found


def blur_for(sides: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) blurs in pixels of a thumbnail that hide what scaling an original of this smaller side up has made."""
    return np.array([round(max(SHARP, 0.7 * SIDE / max(side, 1)), 1) for side in sides.tolist()])


def blurred(images: NDArray[np.generic], sigma: float) -> Floats:
    """(n, side, side) images, each blurred by a Gaussian of `sigma` pixels."""
    found: Floats = gaussian_filter(images.astype(np.float32), (0, sigma, sigma), mode="nearest", truncate=3.0)
    return found


def laid_on(first: Floats, second: Floats) -> Floats:
    """`second` (n, side, side), stretched and shifted so that it fits `first` best."""
    fit = np.tile(np.array([1.0, 1.0, 0.0, 0.0], dtype=np.float32), (len(first), 1))
    for sigma, steps in LEVELS:
        target, moving = blurred(first, sigma), blurred(second, sigma)
        active = np.arange(len(first))
        for _ in range(steps):
            fit[active], change = _step(target[active], moving[active], fit[active])
            active = active[change > STILL]
            if not len(active):
                break
    return _warped(second, fit)


def _warped(images: Floats, fit: Floats) -> Floats:
    side = images.shape[1]
    across, down = _sampling(fit[:, 0], fit[:, 2], side), _sampling(fit[:, 1], fit[:, 3], side)
    return (down @ images @ across.transpose(0, 2, 1)).astype(np.float32)


def _sampling(stretch: Floats, shift: Floats, side: int) -> Floats:
    """(n, side, side) matrices that sample a line at stretch · x + shift about its middle, linearly."""
    place = np.arange(side, dtype=np.float32) - (side - 1) / 2
    at = np.clip(stretch[:, None] * place + shift[:, None] + (side - 1) / 2, 0, side - 1 - 1e-3)
    left = at.astype(np.int64)
    share = (at - left).astype(np.float32)
    matrix = np.zeros((len(stretch), side, side), dtype=np.float32)
    rows, columns = np.arange(len(stretch))[:, None], np.arange(side)[None]
    matrix[rows, columns, left] = 1 - share
    matrix[rows, columns, left + 1] = share
    return matrix


def _step(target: Floats, moving: Floats, fit: Floats) -> tuple[Floats, Floats]:
    """One Gauss–Newton step: the new fit, and by how many pixels an image's edge has moved."""
    side = target.shape[1]
    inner = slice(max(2, round(0.05 * side)), side - max(2, round(0.05 * side)))
    place = np.arange(side, dtype=np.float32) - (side - 1) / 2
    image = _warped(moving, fit)
    down, across = np.gradient(image, axis=(1, 2))
    across, down = across / fit[:, 0, None, None], down / fit[:, 1, None, None]
    columns = [across * place, down * place[:, None], across, down, image, np.ones_like(image)]
    design = np.stack([column[:, inner, inner].reshape(len(target), -1) for column in columns], -1)
    wanted = target[:, inner, inner].reshape(len(target), -1, 1)
    transposed = design.transpose(0, 2, 1)
    normal = (transposed @ design).astype(np.float64)
    ridge = 1e-6 * np.trace(normal, axis1=1, axis2=2) / len(columns) + 1e-9
    normal += np.eye(len(columns)) * ridge[:, None, None]
    solution = np.linalg.solve(normal, (transposed @ wanted).astype(np.float64))[..., 0]
    gain = np.where(np.abs(solution[:, 4]) < LEAST_GAIN, LEAST_GAIN, solution[:, 4])
    step = solution[:, :4] / gain[:, None]
    new = np.empty_like(fit)
    new[:, :2] = np.clip(fit[:, :2] + np.clip(step[:, :2], -0.03, 0.03), 1 - MOST_STRETCH, 1 + MOST_STRETCH)
    new[:, 2:] = np.clip(fit[:, 2:] + np.clip(step[:, 2:], -1, 1), -MOST_SHIFT * side, MOST_SHIFT * side)
    moved = np.abs(new - fit)
    moved[:, :2] *= side / 2
    return new, moved.max(1)
