"""Several slices of one head: one anatomy, one lesion that some of them cut, one scan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.phantom.acquisition import Scan, export_image, scan
from bench.phantom.case import Case
from bench.phantom.difficulty import CLASSES, DEFAULT_DIFFICULTY, LEVELS, Difficulty
from bench.phantom.grid import Range, draw
from bench.phantom.head import Head, draw_head
from bench.phantom.sites import Site
from bench.phantom.slice import HeadSlice, is_subtle, is_visible, paint_slice, plan_lesion

SPACING_MM = 5.0
MOST_SLICES = 9
"""A slab around one level of the head: across more of it, the level would change."""
_REACH_SLICES: Range = (0.8, 3.0)  # from the middle of a lesion to its ends
_LEAST_SHARE = 0.5  # of its full size, below which a lesion is not drawn
_CAP_MM = 110.0  # from the widest slice to where the head would end
_ATTEMPTS = 20
_SCANNER, _HEAD, _LESION, _SLICE, _NOISE, _DEEP = 1, 2, 3, 4, 5, 6  # random streams of a case


def check_slices(slices: int) -> None:
    """Raise ValueError where a head cannot have so many slices."""
    if not 1 <= slices <= MOST_SLICES:
        raise ValueError(f"A head of the phantom has 1 to {MOST_SLICES} slices, not {slices}. Change --slices.")


@dataclass(frozen=True)
class ScannedSlice:
    """A slice as the body is, and what the scanner made of it. label: its own, `normal` where it misses the lesion."""

    label: str
    head_slice: HeadSlice
    scan: Scan


def scan_volume(
    seed: int, site: Site, index: int, slices: int, difficulty: Difficulty = DEFAULT_DIFFICULTY
) -> list[ScannedSlice]:
    """The slices of head number `index` of a site, from below; its class is `CLASSES[index % 6]`.

    The lesion is largest in one slice and smaller beside it, at the same place, until it is not cut any more. A head
    that has one shows it in one slice at least. Head, lesion, ventricles and scanner have a stream each, and each slice
    has two: for what no neighbour shares (gyri, texture), and for noise.
    """
    check_slices(slices)
    key = [seed, site.number, index]
    drawn, found = _draw_volume(CLASSES[index % len(CLASSES)], difficulty, slices, key), []
    widest = max((one.head for _, one in drawn), key=lambda head: head.half_width)
    for number, (label, head_slice) in enumerate(drawn):
        scanner, noise = np.random.default_rng([*key, _SCANNER]), np.random.default_rng([*key, _NOISE, number])
        found.append(ScannedSlice(label, head_slice, scan(head_slice, site, scanner, noise, widest)))
    return found


def render_volume(seed: int, site: Site, index: int, slices: int) -> list[Case]:
    """The same as exported images."""
    return [
        Case(
            label=one.label,
            image=export_image(one.scan.hu, site, np.random.default_rng([seed, site.number, index, _SCANNER, 1])),
            mask=one.scan.mask,
            pixel_mm=one.scan.pixel_mm,
            kind=one.head_slice.kind,
            level=LEVELS[one.head_slice.head.level],
            subtle=one.head_slice.subtle,
            lesion_area_mm2=one.scan.lesion_area_mm2,
            midline_shift_mm=one.head_slice.midline_shift_mm,
        )
        for one in scan_volume(seed, site, index, slices)
    ]


def _draw_volume(label: str, difficulty: Difficulty, slices: int, key: list[int]) -> list[tuple[str, HeadSlice]]:
    """Each slice with its label; drawn anew while the lesion is too small to be seen where it is largest."""
    for attempt in range(_ATTEMPTS):
        found = list(_draw_once(label, difficulty, slices, key, attempt))
        if label in (name for name, _ in found):
            return found
    raise RuntimeError(f"No visible lesion of class {label!r} in {_ATTEMPTS} attempts; its ranges are too small.")


def _draw_once(
    label: str, difficulty: Difficulty, slices: int, key: list[int], attempt: int
) -> Iterator[tuple[str, HeadSlice]]:
    rng = np.random.default_rng([*key, _HEAD, attempt])
    head, subtle = draw_head(difficulty, rng), is_subtle(label, difficulty, rng)
    centre, reach = int(rng.integers(slices)), draw(rng, _REACH_SLICES)
    for number in range(slices):
        here = _at_height(head, SPACING_MM * (number - (slices - 1) / 2))
        share = np.sqrt(max(0.0, 1 - ((number - centre) / reach) ** 2))
        drawn = None
        if label != "normal" and share >= _LEAST_SHARE:
            ranges, same = difficulty.of_lesions_scaled(share), np.random.default_rng([*key, _LESION, attempt])
            lesion = plan_lesion(label, here, ranges, same, subtle=subtle)
            drawn = paint_slice(here, lesion, subtle, difficulty, *_streams(key, attempt, number))
        if drawn is not None and is_visible(drawn):
            yield label, drawn
        else:
            yield "normal", paint_slice(here, None, False, difficulty, *_streams(key, attempt, number))


def _streams(key: list[int], attempt: int, number: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Of the slice, and of the ventricles and cisterns that it shares with its neighbours."""
    return np.random.default_rng([*key, _SLICE, number]), np.random.default_rng([*key, _DEEP, attempt])


def _at_height(head: Head, z_mm: float) -> Head:
    """The head some millimetres above its widest slice, or below: narrower, as a dome is."""
    scale = float(np.sqrt(1 - (z_mm / _CAP_MM) ** 2))
    return replace(
        head,
        half_width=head.half_width * scale,
        half_length=head.half_length * scale,
        inner_table=head.inner_table * np.float32(scale),
    )
