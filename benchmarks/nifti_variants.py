"""Ways to store a volume as NIfTI, and its slices by nibabel in canonical orientation. Writes files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from bench.data.images import PixelSettings
from benchmarks.variant import RAMP, Pixels, Variant

PART = 2
WINDOW, LOW, HIGH = PixelSettings(windows=("40/400",)), -160, 240
VOLUME = np.stack([RAMP[:, :40] // 8 - 200 + number for number in range(5)], axis=-1).astype(np.int16)
Make = Callable[[Path], object]


def nifti(
    voxels: Pixels = VOLUME,
    affine: Pixels | None = None,
    *,
    slope: float = 1,
    intercept: float = 0,
    second: bool = False,
) -> Make:
    def make(path: Path) -> None:
        volume = (nibabel.Nifti2Image if second else nibabel.Nifti1Image)(
            voxels, np.eye(4) if affine is None else affine
        )
        volume.header.set_slope_inter(slope, intercept)
        if (slope, intercept) != (1, 0):
            volume = volume.__class__((voxels * slope + intercept).astype(np.float64), volume.affine, volume.header)
            volume.set_data_dtype(voxels.dtype)
        nibabel.save(volume, path)

    return make


def big_endian(path: Path) -> None:
    volume = nibabel.Nifti1Image(VOLUME, np.eye(4), nibabel.Nifti1Header(endianness=">"))
    nibabel.save(volume, path)


def by_nibabel(number: int = PART) -> Callable[[Path], Pixels]:
    """The slice from the feet, its front up and its right side on the left, through the window."""

    def read(path: Path) -> Pixels:
        canonical = nibabel.as_closest_canonical(nibabel.load(path))
        axial = canonical.get_fdata()[:, :, number].T[::-1, ::-1]
        return (axial - LOW) / (HIGH - LOW)

    return read


def turned(*columns: tuple[int, int]) -> Pixels:
    """An affine whose voxel axes run along (anatomical axis, direction)."""
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for voxel, (anatomical, direction) in enumerate(columns):
        affine[anatomical, voxel] = direction
    return affine


LAS, LPI, SAR = turned((0, -1), (1, 1), (2, 1)), turned((0, -1), (1, -1), (2, -1)), turned((2, 1), (1, 1), (0, 1))
FOUND: list[tuple[str, str, Make, Callable[[Path], Pixels], dict[str, Any]]] = [
    ("16 bits, signed", ".nii", nifti(), by_nibabel(), {}),
    ("packed", ".nii.gz", nifti(), by_nibabel(), {}),
    ("second version", ".nii", nifti(second=True), by_nibabel(), {}),
    ("big-endian", ".nii", big_endian, by_nibabel(), {}),
    ("slope and intercept", ".nii", nifti(slope=0.5, intercept=-30), by_nibabel(), {}),
    ("floating point", ".nii", nifti((VOLUME / 3).astype(np.float32)), by_nibabel(), {}),
    ("8 bits, unsigned", ".nii", nifti((VOLUME // 8 + 60).astype(np.uint8)), by_nibabel(), {}),
    ("right to left", ".nii", nifti(affine=LAS), by_nibabel(), {}),
    ("all axes reversed", ".nii", nifti(affine=LPI), by_nibabel(4 - PART), {}),
    ("axial slices along the first axis", ".nii", nifti(VOLUME.transpose(2, 1, 0).copy(), SAR), by_nibabel(), {}),
]
VARIANTS = [
    Variant("NIfTI", name, make, expected, "nibabel", suffix=suffix, part=PART, settings=WINDOW, **more)
    for name, suffix, make, expected, more in FOUND
]
