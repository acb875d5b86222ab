"""What to move out of a folder by an audit. Reads files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.audit.quarantine import Move, quarantine_of
from bench.audit.summary import Audit, FoundCase
from bench.audit.surplus import named_cases
from bench.data.images import file_digest, part_digest
from bench.errors import RequestError


@dataclass(frozen=True)
class Cleaning:
    """What is to be moved, and (path, reason) of what stays although it was named."""

    moves: list[Move]
    left: list[tuple[str, str]]


def plan_cleaning(root: Path, audit: Audit, kinds: Sequence[str]) -> Cleaning:
    """What to move out of `root` by an audit's findings of `kinds`.

    A file that changed since the audit, one that holds several images, and one outside `root` stay.

    Raises:
        RequestError: the audit was made of other folders.
    """
    unchanged = look_up_digests()
    moves: dict[str, Move] = {}
    left: dict[str, str] = {}
    for case, reason in named_cases(audit, kinds, unchanged):
        path = Path(case.path)
        if case.path in moves or case.path in left or not path.is_relative_to(root):
            continue  # of another site, to be cleaned by itself
        if why := _why_it_stays(root, case, reason, unchanged):
            left[case.path] = why
        else:
            moves[case.path] = Move(str(path.relative_to(root)), reason)
    if not moves and not left and not _is_of(audit, root):
        raise RequestError(
            f"The audit (--from) was made of {', '.join(audit.roots.values())}, not of {root}. Give that path, or "
            f"audit this one."
        )
    return Cleaning(list(moves.values()), list(left.items()))


def _why_it_stays(root: Path, case: FoundCase, reason: str, unchanged: Callable[[FoundCase], bool]) -> str:
    path = Path(case.path)
    if not path.parent.resolve().is_relative_to(root):
        return f"{reason}, but lies outside the folder, which a link leaves"
    if path.is_relative_to(quarantine_of(root)):
        return "lies in the quarantine already"
    if case.part is not None:
        return f"{reason}, but its file holds several images"
    if not path.is_file():
        return "is not there any more"
    return "" if unchanged(case) else "has changed since the audit; audit anew"


def _is_of(audit: Audit, root: Path) -> bool:
    sites = [Path(site) for site in audit.roots.values()]
    return any(site.is_relative_to(root) or root.is_relative_to(site) for site in sites)


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
