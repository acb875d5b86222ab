"""CT windows: which Hounsfield units are shown as black to white. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import RequestError

NAMED: dict[str, tuple[float, float]] = {
    "brain": (40, 80),
    "subdural": (80, 200),
    "soft": (40, 380),
    "bone": (600, 2800),
}
CT = "Hounsfield units through --windows"
CT_STRETCHED = "Hounsfield units from minimum to maximum"
DEFAULT = ("brain", "subdural", "soft")
NONE = "none"


@dataclass(frozen=True)
class Window:
    """`level` is the middle and `width` the extent of the shown Hounsfield units."""

    level: float
    width: float


def parse_windows(names: Sequence[str]) -> tuple[Window, ...]:
    """One window (grey) or three (red, green, blue), each a name of `NAMED` or LEVEL/WIDTH; () for `none`.

    Raises:
        RequestError: another number of windows, an unknown name, a width that is not positive.
    """
    if list(names) == [NONE]:
        return ()
    windows = tuple(_window(name.strip()) for name in names)
    if len(windows) not in (1, 3):
        raise RequestError(
            f"--windows takes one window (grey) or three (one a colour channel), not {len(windows)}: "
            f"{', '.join(names)}. Example: --windows brain,subdural,bone"
        )
    return windows


def _window(text: str) -> Window:
    if text in NAMED:
        return Window(*NAMED[text])
    numbers = re.fullmatch(r"(-?\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", text)
    if not numbers or float(numbers[2]) <= 0:
        raise RequestError(
            f"--windows: {text!r} is neither {', '.join(NAMED)}, nor LEVEL/WIDTH in Hounsfield units such as 40/80, "
            f"nor {NONE} alone."
        )
    return Window(float(numbers[1]), float(numbers[2]))


def windowed(values: NDArray[np.floating], windows: Sequence[Window]) -> NDArray[np.uint8]:
    """(height, width) Hounsfield units → (height, width, 3) uint8, one window a channel, or one for all three."""
    channels = [_eight_bit((values - (window.level - window.width / 2)) / window.width) for window in windows]
    return np.stack(channels if len(channels) == 3 else channels * 3, axis=-1)


def stretched(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(height, width) of any unit → (height, width, 3) uint8, smallest value black and largest white."""
    low, high = float(values.min()), float(values.max())
    return three_channels((values - low) / ((high - low) or 1.0))


def three_channels(share: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(height, width) from 0 for black to 1 for white → (height, width, 3) uint8, what lies beyond is clipped."""
    return np.stack([_eight_bit(share)] * 3, axis=-1)


def _eight_bit(share: NDArray[np.floating]) -> NDArray[np.uint8]:
    grey: NDArray[np.uint8] = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return grey
