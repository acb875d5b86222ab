"""How alike two thumbnails are where they are least alike. Pure."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from bench.near_duplicates.alignment import blurred
from bench.near_duplicates.thumbnail import SIDE, Floats

WINDOW = 11
MARGIN = 3
FLOOR = 0.3
SHARP = 0.8


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
