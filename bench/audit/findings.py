"""What there is to say about measured images. Pure, but for the search for near duplicates, which takes a while."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.audit.inventory import NO_CLASS, promised_kind
from bench.audit.measure import Measured
from bench.data.copies import FLIPS
from bench.data.tree.scan import Problem

FindingKind = Literal[
    "unusable name or link",
    "unreadable",
    "wrong extension",
    "blank",
    "identical",
    "near duplicate",
    "conflicting labels",
    "no class",
    "patient in several splits",
    "patient at several sites",
]


@dataclass(frozen=True)
class Finding:
    """One thing found; `images` are numbers of measured images, in order, those to be kept first."""

    kind: FindingKind
    images: tuple[int, ...]
    detail: str = ""
    paths: tuple[str, ...] = ()


def find_all(measured: Sequence[Measured], problems: Iterable[Problem]) -> list[Finding]:
    """All findings, by kind."""
    copies = [*_identical(measured), *_near(measured)]
    return [
        *(Finding("unusable name or link", (), problem.reason, (problem.path,)) for problem in problems),
        *_each("unreadable", measured, lambda m: m.unreadable),
        *_each("wrong extension", measured, _wrong_extension),
        *_each("no class", measured, lambda m: "lies in no class folder" if m.image.label == NO_CLASS else ""),
        *_blank(measured),
        *copies,
        *_conflicts(measured, copies),
        *_patients(measured),
    ]


def _each(kind: FindingKind, measured: Sequence[Measured], what: Callable[[Measured], str]) -> list[Finding]:
    return [Finding(kind, (number,), detail) for number, m in enumerate(measured) if (detail := what(m))]


def _wrong_extension(m: Measured) -> str:
    promised = promised_kind(m.image)
    if m.kind is None or promised == m.kind or (m.image.part or 0) > 0 or (promised is None and m.kind == "DICOM"):
        return ""  # DICOM files often have no suffix, or a number for one
    return f"holds {m.kind}, its name says {promised or 'nothing'}"


def _blank(measured: Sequence[Measured]) -> list[Finding]:
    from bench.near_duplicates.search import is_blank

    numbers, thumbs = _thumbnails(measured)
    blank = is_blank(thumbs).tolist() if numbers else []
    return [
        Finding("blank", (number,), f"grey values {measured[number].mean:.1f} ± {measured[number].sd:.1f}")
        for number, empty in zip(numbers, blank, strict=True)
        if empty
    ]


def _thumbnails(measured: Sequence[Measured]) -> tuple[list[int], NDArray[np.uint8]]:
    pairs = [(number, m.thumbnail) for number, m in enumerate(measured) if m.thumbnail is not None]
    return [number for number, _ in pairs], np.array([thumb for _, thumb in pairs], dtype=np.uint8)


def _identical(measured: Sequence[Measured]) -> list[Finding]:
    same: dict[str, list[int]] = defaultdict(list)
    for number, m in enumerate(measured):
        if m.pixel_digest:
            same[m.pixel_digest].append(number)
    return [
        Finding("identical", tuple(numbers), f"{len(numbers)} with the same pixels")
        for numbers in same.values()
        if len(numbers) > 1 and not _one_patient(measured, numbers)
    ]


def _one_patient(measured: Sequence[Measured], numbers: Iterable[int]) -> bool:
    groups = {measured[number].image.group for number in numbers}
    return len(groups) == 1 and None not in groups


def _near(measured: Sequence[Measured]) -> list[Finding]:
    from bench.near_duplicates.search import find_copies

    numbers, thumbs = _thumbnails(measured)
    if not numbers:
        return []
    chosen = [measured[number] for number in numbers]
    sides = np.array([min(m.width, m.height) for m in chosen])
    groups = _codes([m.image.group for m in chosen])
    pairs = find_copies(thumbs, sides, groups, _codes([m.pixel_digest for m in chosen]))
    return [
        Finding(
            "near duplicate",
            (numbers[pair.first], numbers[pair.second]),
            ", ".join(part for part in (f"correlation {pair.score:.3f}", FLIPS[pair.flip]) if part),
        )
        for pair in pairs
    ]


def _codes(names: Sequence[str | None]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _conflicts(measured: Sequence[Measured], copies: Iterable[Finding]) -> list[Finding]:
    found = []
    for copy in copies:
        labels = sorted({measured[number].image.label for number in copy.images} - {NO_CLASS})
        if len(labels) > 1:
            found.append(Finding("conflicting labels", copy.images, f"{copy.kind} called {' and '.join(labels)}"))
    return found


def _patients(measured: Sequence[Measured]) -> list[Finding]:
    of_patient: dict[str, list[int]] = defaultdict(list)
    for number, m in enumerate(measured):
        if m.image.group is not None:
            of_patient[m.image.group].append(number)
    found = []
    for patient, numbers in of_patient.items():
        splits = Counter(split for number in numbers if (split := measured[number].image.extra.get("split")))
        sites = Counter(measured[number].image.site for number in numbers)
        if len(splits) > 1:
            found.append(Finding("patient in several splits", tuple(numbers), f"{patient}: {_counts(splits)}"))
        if len(sites) > 1:
            found.append(Finding("patient at several sites", tuple(numbers), f"{patient}: {_counts(sites)}"))
    return found


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counter.items())
