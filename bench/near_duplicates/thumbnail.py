"""The small grey picture by which images are compared."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 48


def thumbnail(image: Image.Image) -> NDArray[np.uint8]:
    """(48, 48) uint8: the upright original in grey, squeezed to a square, so that its shape does not matter."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))
