"""Lesion masks, laid over images as the model sees them. Reads masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.cases import Case
from bench.data.images import PixelSettings, fitted
from bench.data.kinds import kind_of
from bench.data.nifti import slice_values
from bench.data.pictures import eight_bit, opened_picture
from bench.data.reading import UnreadableImage
from bench.errors import listed
from reports.explanation.measures import Maps

MASK = "mask"
LABELS = 32  # a mask with more values than that has soft edges, or was stored with loss before


@dataclass(frozen=True)
class Masks:
    """The share of each pixel that is lesion, by case id, (size, size) from 0 to 1; cases without a lesion have none.

    `notes` say what could not be used, and why.
    """

    coverage: Mapping[str, Maps]
    notes: tuple[str, ...]


def load_masks(cases: Sequence[Case], root: Path | None, settings: PixelSettings, max_pixels: int) -> Masks:
    """The mask of each case: the file that its manifest names, or `root`/<case_id>.

    Whatever is not 0 is lesion; where a mask is stored with loss (JPEG), what is at least half as bright as its
    brightest pixel. A mask has the size of its image, upright; one of another size but the same shape is
    enlarged or shrunk to it (nearest pixel), one of another shape cannot be laid over it and is left out with a note.
    Then it is fitted as the image is.
    """
    coverage: dict[str, Maps] = {}
    refused: list[str] = []
    drawn: list[Drawn] = []
    for case in cases:
        file = _file_of(case, root)
        if file is None:
            continue
        try:
            lesion = _drawn(file, case.part or 0, max_pixels)
            mask = _on_image(lesion.lesion, case)
        except UnreadableImage as error:
            refused.append(f"{case.case_id} ({error})")
            continue
        drawn.append(lesion)
        found = np.asarray(fitted(mask, settings)).astype(np.float32) / np.float32(255)
        if found.any():
            coverage[case.case_id] = found
    notes = [f"Masks that cannot be used: {listed(refused, 3)}."] if refused else []
    notes += _about_grey(drawn)
    if root and not coverage and not refused:
        notes.append(
            f"No file below {root} is a mask with a lesion: masks are looked for under the ids of their cases."
        )
    return Masks(coverage, tuple(notes))


def _file_of(case: Case, root: Path | None) -> Path | None:
    if case.extra.get(MASK):
        return Path(case.extra[MASK])
    file = root / case.case_id if root else None
    return file if file and file.is_file() else None


@dataclass(frozen=True)
class Drawn:
    """`lesion` (height, width) of the upright mask; `grey` of its `bright` pixels (not 0) are in doubt."""

    lesion: NDArray[np.bool_]
    lossy: bool
    bright: int
    grey: int


def _drawn(file: Path, part: int, max_pixels: int) -> Drawn:
    """Raise `UnreadableImage` where the mask cannot be read."""
    values, lossy = _values(file, part, max_pixels)
    bright, top = values > 0, float(values.max())
    if lossy:
        lesion = bright & (2 * values >= top)
        return Drawn(lesion, True, int(bright.sum()), int((bright & ~lesion).sum()))
    soft = len(np.unique(values)) > LABELS
    return Drawn(bright, False, int(bright.sum()), int((bright & (values < top)).sum()) if soft else 0)


def _values(file: Path, part: int, max_pixels: int) -> tuple[NDArray[np.float64], bool]:
    """The mask (height, width), the brightest of its colours, black as 0; and whether it is stored with loss."""
    try:
        kind = kind_of(file)
    except OSError as error:
        raise UnreadableImage(f"it may not be read ({error.strerror})") from None
    if kind == "NIfTI":
        (voxels,) = slice_values(file, [part], max_pixels)
        return voxels, False
    image, says = opened_picture(file, max_pixels)
    values = np.asarray(image if image.mode.startswith("I") else eight_bit(image)).astype(np.float64)
    values = values.max(axis=2) if values.ndim == 3 else values
    return says.largest - values if says.inverted else values, says.lossy


def _about_grey(drawn: Sequence[Drawn]) -> list[str]:
    """What is said of masks whose values are not only black and labels."""
    lossy, soft = [one for one in drawn if one.lossy], [one for one in drawn if not one.lossy and one.grey]
    notes = []
    if lossy:
        notes.append(
            f"{len(lossy)} mask(s) are stored with loss (such as JPEG): lesion is what is at least half as bright as "
            f"the mask's brightest pixel. {_share(lossy)} of what is not black is darker grey and does not count."
        )
    if soft:
        notes.append(
            f"{len(soft)} mask(s) have more than {LABELS} values: lesion is whatever is not 0. {_share(soft)} of that "
            f"is grey. Where that comes from a JPEG, store black and white."
        )
    return notes


def _share(drawn: Sequence[Drawn]) -> str:
    return f"{sum(one.grey for one in drawn) / max(1, sum(one.bright for one in drawn)):.1%}"


def _on_image(lesion: NDArray[np.bool_], case: Case) -> Image.Image:
    """Black and white, of the size of the upright image.

    Raises:
        UnreadableImage: it has another shape.
    """
    height, width = lesion.shape
    if abs(width * case.height - height * case.width) > max(case.width, case.height):
        raise UnreadableImage(
            f"it is {width} × {height} for an image of {case.width} × {case.height}, which is another shape"
        )
    white = Image.fromarray(lesion.astype(np.uint8) * 255)
    return white.resize((case.width, case.height), Image.Resampling.NEAREST)
