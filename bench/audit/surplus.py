"""Which images should go by what an audit found, where they are still what they were then. Reads files."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from bench.audit.findings import Finding, FoundCase
from bench.audit.summary import Audit
from bench.data.cases import INTERNAL
from bench.data.images import file_digest, part_digest

CONFLICT = "conflicting labels"
SPOILT = ("unreadable", "blank", CONFLICT)
COPIES = ("identical", "near duplicate")
MOVABLE = SPOILT + COPIES


def named_cases(
    audit: Audit, kinds: Sequence[str], unchanged: Callable[[FoundCase], bool]
) -> Iterator[tuple[FoundCase, str]]:
    """Every image that findings of `kinds` say should go, and why; some may be named more than once.

    Where labels conflict all go, since nobody knows which is right. Of copies those go that are a copy of one that
    stays; an internal one stays before others. One that has changed since the audit is named, and saves its copies.
    """
    spoilt = [finding for finding in audit.findings if finding.kind in kinds and finding.kind in SPOILT]
    for finding in spoilt:
        for case in finding.cases:
            yield case, f"{finding.kind}: {finding.detail}"
    apart = {case for finding in audit.findings if finding.kind == CONFLICT for case in finding.cases}
    apart |= {case for finding in spoilt for case in finding.cases}
    yield from _surplus([f for f in audit.findings if f.kind in kinds and f.kind in COPIES], apart, unchanged)


def _surplus(
    findings: Iterable[Finding], apart: set[FoundCase], unchanged: Callable[[FoundCase], bool]
) -> Iterator[tuple[FoundCase, str]]:
    of_case: dict[FoundCase, list[Finding]] = defaultdict(list)
    for finding in findings:
        for case in finding.cases:
            if case not in apart:
                of_case[case].append(finding)
    stay: set[FoundCase] = set()
    for case in sorted(of_case, key=lambda case: (case.site != INTERNAL, case.path, case.part or 0)):
        others = (other for finding in of_case[case] for other in finding.cases if other in stay)
        original = next((other for other in others if _are_two(case, other)), None)
        if original is not None:
            yield case, f"copy of {original.case_id}"
        elif unchanged(case):
            stay.add(case)
        else:
            yield case, "has copies"


def _are_two(a: FoundCase, b: FoundCase) -> bool:
    """Whether two images with the same pixels are of different patients and in different files (links are none)."""
    one_patient = a.group is not None and a.group == b.group
    return not one_patient and os.path.realpath(a.path) != os.path.realpath(b.path)


def look_up_digests() -> Callable[[FoundCase], bool]:
    """Tells whether an image is what it was when it was audited; each file is read once."""

    @cache
    def digest_of(path: str) -> str:
        try:
            return file_digest(Path(path))
        except OSError:
            return ""

    def unchanged(case: FoundCase) -> bool:
        digest = digest_of(case.path)
        return (part_digest(digest, case.part) if digest else "") == case.digest

    return unchanged
