"""One case of the phantom: from (seed, site, index) to image, mask and manifest row, on its own random streams."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.phantom.acquisition import Grey, export_image, scan
from bench.phantom.difficulty import CLASSES, DEFAULT_DIFFICULTY, LEVELS, Difficulty
from bench.phantom.sites import Site
from bench.phantom.slice import draw_slice


@dataclass(frozen=True)
class Case:
    """An exported image (n_px, n_px) with the mask of its lesion and what is known about it."""

    label: str
    image: Grey
    mask: npt.NDArray[np.bool_]
    pixel_mm: float
    kind: str
    level: str
    subtle: bool
    lesion_area_mm2: float
    midline_shift_mm: float


def render_case(seed: int, site: Site, index: int, difficulty: Difficulty = DEFAULT_DIFFICULTY) -> Case:
    """Case number `index` of a site: the same for a seed however many cases are made, and in whatever order.

    The patient and the scanner have a stream each, so that the scanner's draws cannot follow from the lesion.
    """
    label = CLASSES[index % len(CLASSES)]
    patient = np.random.default_rng([seed, site.number, index, 0])
    scanner = np.random.default_rng([seed, site.number, index, 1])
    head_slice = draw_slice(label, difficulty, patient)
    scanned = scan(head_slice, site, scanner)
    return Case(
        label=label,
        image=export_image(scanned.hu, site, scanner),
        mask=scanned.mask,
        pixel_mm=scanned.pixel_mm,
        kind=head_slice.kind,
        level=LEVELS[head_slice.head.level],
        subtle=head_slice.subtle,
        lesion_area_mm2=scanned.lesion_area_mm2,
        midline_shift_mm=head_slice.midline_shift_mm,
    )
