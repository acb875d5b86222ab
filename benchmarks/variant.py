"""One way to store an image, and the 8-bit pixels that it must be read as. Reads images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.images import PixelSettings, upright_images
from bench.data.reading import Shown

SIDE = 64
RAMP = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)  # 0 to 4095
Pixels = NDArray[Any]
USUAL = PixelSettings()


@dataclass(frozen=True)
class Variant:
    """`make` writes a file; `expected` reads it by another program, or knows its pixels, and gives shares of white.

    Shares are (height, width), or (height, width, 3), from 0 for black to 1 for white; what lies beyond is clipped.
    `tolerance` is in steps of 255, more than 0 only for kinds that do not keep values.
    """

    kind: str
    name: str
    make: Callable[[Path], object]
    expected: Callable[[Path], Pixels]
    peer: str
    settings: PixelSettings = USUAL
    part: int | None = None
    tolerance: int = 0
    suffix: str = ""


def compared(variant: Variant, folder: Path) -> tuple[int, float]:
    """The largest difference of any pixel from what is expected, and the share of pixels that differ."""
    path = folder / f"image{variant.suffix}"
    variant.make(path)
    (shown,) = upright_images(path, [variant.part], variant.settings)
    if not isinstance(shown, Shown):
        raise shown
    shares = variant.expected(path)
    wanted = np.rint(np.clip(shares.astype(np.float64), 0, 1) * 255).astype(int)
    found = np.asarray(shown.image.convert("RGB")).astype(int)
    difference = np.abs(found - (wanted if wanted.ndim == 3 else wanted[..., None]))
    return int(difference.max()), float((difference.max(axis=2) > variant.tolerance).mean())
