"""Where the head lies in the scanner: field of view, rotation and offset, never touching the image's edge."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.phantom.grid import ANGLES, COLS, ROWS, Plane
from bench.phantom.head import Head
from bench.phantom.sites import Site

IMAGE_PX = 224
# free border on every side, as a share of the field of view: 3 % must remain after blur and motion
_BORDER = 0.05


@dataclass(frozen=True)
class Position:
    """How the head's grid is placed in the image: pixel size, rotation (rad) and centre (mm from the image's)."""

    pixel_mm: float
    rotation: float
    centre_x: float
    centre_y: float

    def resample(self, plane: Plane, outside: float) -> Plane:
        """The plane (ROWS, COLS) on the image's pixels (IMAGE_PX, IMAGE_PX), bilinear."""
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        left, top = IMAGE_PX * self.pixel_mm / 2 + self.centre_x, IMAGE_PX * self.pixel_mm / 2 + self.centre_y
        affine = (
            cosine * self.pixel_mm,
            sine * self.pixel_mm,
            COLS / 2 - cosine * left - sine * top,
            -sine * self.pixel_mm,
            cosine * self.pixel_mm,
            ROWS / 2 + sine * left - cosine * top,
        )
        image = Image.fromarray(plane).transform(
            (IMAGE_PX, IMAGE_PX), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR, fillcolor=outside
        )
        return np.array(image, np.float32)


def draw_position(head: Head, site: Site, rng: np.random.Generator) -> Position:
    """A position drawn from the site's ranges; the field of view grows where the head would not fit."""
    rotation = float(np.deg2rad(rng.uniform(*site.rotation_deg)))
    x, y = np.sin(ANGLES) * head.outline, -np.cos(ANGLES) * head.outline
    across = np.cos(rotation) * x - np.sin(rotation) * y
    down = np.sin(rotation) * x + np.cos(rotation) * y
    extents = float(np.ptp(across)), float(np.ptp(down))
    fov = max(float(rng.uniform(*site.fov_mm)), max(extents) / (1 - 2 * _BORDER))
    centre = []
    for extent, coordinates in zip(extents, (across, down), strict=True):
        slack = min(site.offset_mm, (fov * (1 - 2 * _BORDER) - extent) / 2)
        middle = float(coordinates.max() + coordinates.min()) / 2
        centre.append(float(rng.uniform(-slack, slack)) - middle)
    return Position(fov / IMAGE_PX, rotation, centre[0], centre[1])
