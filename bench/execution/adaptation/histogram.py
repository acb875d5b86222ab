"""Grey values on the scale of the training images, by landmarks of histograms (Nyúl & Udupa 2000). Pure.

Each image is changed by its own landmarks and those of the training images alone; no other image plays a part.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
LEVELS = 256
Image = NDArray[np.uint8]
"""(height, width, n_channels)."""
Landmarks = NDArray[np.float64]
"""(n_channels, n_percentiles); NaN of a channel that is all one value."""


def landmarks(image: Image) -> Landmarks:
    """Percentiles of each channel's foreground: of the pixels above its mean, which parts them from a dark background.

    The percentile p is the lowest grey value that p % of them do not exceed.
    """
    return np.stack([_of_channel(image[..., channel]) for channel in range(image.shape[-1])])


def _of_channel(channel: Image) -> NDArray[np.float64]:
    counts = np.bincount(channel.ravel(), minlength=LEVELS)
    levels = np.arange(LEVELS)
    counts[levels * counts.sum() <= (levels * counts).sum()] = 0
    below = counts.cumsum()
    if not below[-1]:
        return np.full(len(PERCENTILES), np.nan)
    return np.asarray(np.searchsorted(100 * below, np.array(PERCENTILES) * below[-1]), dtype=np.float64)


def standard_of(training: Sequence[Landmarks]) -> Landmarks:
    """The landmarks of the standard scale: those of each image, stretched to one range, and averaged.

    The range is that of the means of the first and of the last landmark. Images without a range of their own do not
    count; NaN where none is left.
    """
    every = np.stack(training)
    first, last = every[..., :1], every[..., -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        usable = first < last
        place = np.where(usable, (every - first) / (last - first), 0.0)
        weight = usable.sum(0)
        low, high = (np.where(usable, one, 0.0).sum(0) / weight for one in (first, last))
        return np.asarray(low + (high - low) * place.sum(0) / weight)


def table(own: Landmarks, standard: Landmarks) -> NDArray[np.uint8]:
    """What every grey value becomes: (n_channels, 256).

    Linear between landmarks; below the first and above the last it goes on to 0 and 255, which stay. Landmarks that
    coincide go to the mean of theirs. A channel without landmarks stays as it is.
    """
    return np.stack([_of_landmarks(*both) for both in zip(own, standard, strict=True)])


def _of_landmarks(own: NDArray[np.float64], standard: NDArray[np.float64]) -> NDArray[np.uint8]:
    levels = np.arange(LEVELS)
    if np.isnan(own).any() or np.isnan(standard).any():
        return levels.astype(np.uint8)
    at, which = np.unique(own, return_inverse=True)
    to = np.bincount(which, standard) / np.bincount(which)
    black, white = ([end] if end not in at else [] for end in (0, LEVELS - 1))
    at, to = (np.concatenate([black, inner, white]) for inner in (at, to))
    return np.asarray(np.rint(np.interp(levels, at, to)), dtype=np.uint8)
