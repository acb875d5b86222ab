"""A quick test whether one image can be another one slightly cropped. Pure.

One-sided tangent distance (Simard, LeCun and Denker, 1993): small shifts and stretches of an image span a plane;
an image that is such a copy lies near it, and nowhere far from it.
"""

import numpy as np

from bench.near_duplicates.crops import Floats

PARTS = 4  # along each side


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


def farthest_from_plane(bases: Floats, images: Floats) -> Floats:
    """(n,) what standardised images have outside planes where it is most: root mean square in a sixteenth of the area.

    The length of an image is 1, and with all of it outside and spread evenly this is 1, too.
    """
    side = round(images.shape[1] ** 0.5)
    coordinates = np.matmul(images[:, None, :], bases)
    coordinates[:, 0, 0] = 0  # of the constant, which standardised images have nothing of
    outside = images - np.matmul(bases, coordinates.transpose(0, 2, 1))[:, :, 0]
    energy = (outside**2).reshape(-1, PARTS, side // PARTS, PARTS, side // PARTS).sum((2, 4))
    found: Floats = PARTS * np.sqrt(energy.max((1, 2)))
    return found
