"""What there is to say about measured images. Pure, but for the search for near duplicates, which takes a while."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.audit.inventory import NO_CLASS
from bench.audit.measure import Measured
from bench.data.copies import FLIPS
from bench.data.kinds import kind_of_name
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
class FoundCase:
    """An image that a finding names.

    `part` is the frame or slice in its file; `group` its patient, None where none is known; `digest` names its content,
    "" where the file may not be read.
    """

    case_id: str
    path: str
    part: int | None
    site: str
    label: str
    group: str | None
    digest: str


@dataclass(frozen=True)
class Finding:
    """One thing found, with the images it names, those to be kept first; `paths` are files that are no images."""

    kind: str
    detail: str
    cases: tuple[FoundCase, ...]
    paths: tuple[str, ...] = ()


def find_all(measured: Sequence[Measured], problems: Iterable[Problem]) -> list[Finding]:
    """All findings, by kind."""
    copies = [*_identical(measured), *_near(measured)]
    return [
        *(Finding("unusable name or link", problem.reason, (), (problem.path,)) for problem in problems),
        *_each("unreadable", measured, lambda m: m.unreadable),
        *_each("wrong extension", measured, _wrong_extension),
        *_each("no class", measured, lambda m: "lies in no class folder" if m.image.label == NO_CLASS else ""),
        *_blank(measured),
        *copies,
        *_conflicts(copies),
        *_patients(measured),
    ]


def _finding(kind: FindingKind, detail: str, *named: Measured) -> Finding:
    cases = [
        FoundCase(m.image.case_id, m.image.path, m.image.part, m.image.site, m.image.label, m.image.group, m.digest)
        for m in named
    ]
    return Finding(kind, detail, tuple(cases))


def _each(kind: FindingKind, measured: Sequence[Measured], what: Callable[[Measured], str]) -> list[Finding]:
    return [_finding(kind, detail, m) for m in measured if (detail := what(m))]


def _wrong_extension(m: Measured) -> str:
    promised = kind_of_name(m.image.path)
    if m.kind is None or promised == m.kind or (m.image.part or 0) > 0 or (promised is None and m.kind == "DICOM"):
        return ""  # DICOM files often have no suffix, or a number for one
    return f"holds {m.kind}, its name says {promised or 'nothing'}"


def _blank(measured: Sequence[Measured]) -> list[Finding]:
    from bench.near_duplicates.search import is_blank

    seen, thumbs = _thumbnails(measured)
    blank = is_blank(thumbs).tolist() if seen else []
    return [
        _finding("blank", f"grey values {m.mean:.1f} ± {m.sd:.1f}", m)
        for m, empty in zip(seen, blank, strict=True)
        if empty
    ]


def _thumbnails(measured: Sequence[Measured]) -> tuple[list[Measured], NDArray[np.uint8]]:
    seen = [m for m in measured if m.thumbnail is not None]
    return seen, np.array([m.thumbnail for m in seen], dtype=np.uint8)


def _identical(measured: Sequence[Measured]) -> list[Finding]:
    same: dict[str, list[Measured]] = defaultdict(list)
    for m in measured:
        if m.pixel_digest:
            same[m.pixel_digest].append(m)
    return [
        _finding("identical", f"{len(copies)} with the same pixels", *copies)
        for copies in same.values()
        if len(copies) > 1 and not _one_patient(copies)
    ]


def _one_patient(copies: Iterable[Measured]) -> bool:
    groups = {m.image.group for m in copies}
    return len(groups) == 1 and None not in groups


def _near(measured: Sequence[Measured]) -> list[Finding]:
    from bench.near_duplicates.search import find_copies, numbered

    seen, thumbs = _thumbnails(measured)
    if not seen:
        return []
    sides = np.array([min(m.width, m.height) for m in seen])
    groups, same = numbered(m.image.group for m in seen), numbered(m.pixel_digest for m in seen)
    return [
        _finding(
            "near duplicate",
            ", ".join(part for part in (f"correlation {pair.score:.3f}", FLIPS[pair.flip]) if part),
            *(seen[pair.first], seen[pair.second]),
        )
        for pair in find_copies(thumbs, sides, groups, same)
    ]


def _conflicts(copies: Iterable[Finding]) -> list[Finding]:
    found = []
    for copy in copies:
        labels = sorted({case.label for case in copy.cases} - {NO_CLASS})
        if len(labels) > 1:
            found.append(Finding("conflicting labels", f"{copy.kind} called {' and '.join(labels)}", copy.cases))
    return found


def _patients(measured: Sequence[Measured]) -> list[Finding]:
    of_patient: dict[str, list[Measured]] = defaultdict(list)
    for m in measured:
        if m.image.group is not None:
            of_patient[m.image.group].append(m)
    found = []
    for patient, members in of_patient.items():
        splits = Counter(split for m in members if (split := m.image.extra.get("split")))
        sites = Counter(m.image.site for m in members)
        if len(splits) > 1:
            found.append(_finding("patient in several splits", f"{patient}: {_counts(splits)}", *members))
        if len(sites) > 1:
            found.append(_finding("patient at several sites", f"{patient}: {_counts(sites)}", *members))
    return found


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counter.items())
