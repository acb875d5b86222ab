"""A quick test whether one image can be another one slightly cropped. Pure.

One-sided tangent distance (Simard, LeCun and Denker, 1993): small shifts and stretches of an image span a plane;
an image that is such a copy lies near it, and nowhere far from it.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

Floats = NDArray[np.float32]


def small(thumbs: NDArray[np.uint8], side: int, margin: float = 0.0) -> Floats:
    """(n, side, side) of thumbnails of which `margin` (a share) is cut off each side."""
    full = thumbs.shape[1]
    box = (margin * full, margin * full, (1 - margin) * full, (1 - margin) * full)
    how = Image.Resampling.BILINEAR if margin else Image.Resampling.BOX
    pictures = [np.asarray(Image.fromarray(thumb).resize((side, side), how, box)) for thumb in thumbs]
    return np.array(pictures, dtype=np.float32).reshape(-1, side, side)


def planes(images: Floats) -> Floats:
    """(n, pixels, 6) orthonormal bases: the constant, the image, its shifts and stretches along both axes."""
    n, side, _ = images.shape
    place = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / side
    down, across = np.gradient(images, axis=(1, 2))
    vectors = [np.ones_like(images), images, across, down, across * place, down * place[:, None]]
    basis = np.stack(vectors, -1).reshape(n, side * side, len(vectors))
    basis /= np.maximum(np.linalg.norm(basis, axis=1, keepdims=True), 1e-6)
    return np.linalg.qr(basis)[0].astype(np.float32)


def standardised(images: Floats) -> Floats:
    """(n, pixels) with mean 0 and length 1."""
    flat = images.reshape(len(images), images.shape[1] * images.shape[2])
    flat = flat - flat.mean(1, keepdims=True)
    found: Floats = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return found


def share_in_plane(bases: Floats, images: Floats) -> Floats:
    """(n,) lengths of the projections of standardised images on planes, without their constants; 1 is inside."""
    found: Floats = np.linalg.norm(_coordinates(bases, images), axis=1)
    return found


def farthest_from_plane(bases: Floats, images: Floats) -> Floats:
    """(n,) what is left outside the plane where it is most: root mean square in a quarter of the image's side."""
    side = round(images.shape[1] ** 0.5)
    inside = np.matmul(bases, _coordinates(bases, images)[:, :, None])[:, :, 0]
    outside = ((images - inside) ** 2).reshape(-1, side, side)
    energy = uniform_filter(outside, (0, side // 4, side // 4), mode="constant") * side * side
    found: Floats = np.sqrt(energy.max((1, 2)))
    return found


def _coordinates(bases: Floats, images: Floats) -> Floats:
    found: Floats = np.matmul(images[:, None, :], bases)[:, 0]
    found[:, 0] = 0
    return found
