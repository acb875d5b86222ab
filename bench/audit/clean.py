"""Moves what an audit named into quarantine, with a log by which it is undone. Moves files; deletes none."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.data.images import file_digest, part_digest
from bench.errors import RequestError

LOG = "moves.jsonl"
MOVABLE = ("unreadable", "blank", "conflicting labels", "identical", "near duplicate")


@dataclass(frozen=True)
class Move:
    """A file to be moved and why; the paths are absolute."""

    source: str
    target: str
    reason: str


@dataclass(frozen=True)
class Cleaning:
    """What would be moved, and what stays although it was named, with the reason."""

    moves: list[Move]
    left: list[tuple[str, str]]


def quarantine_of(root: Path) -> Path:
    """Beside the folder, so that no command reads it with the folder."""
    return root.with_name(f"{root.name}-quarantine")


def plan_cleaning(root: Path, audit: dict[str, Any], kinds: Sequence[str]) -> Cleaning:
    """What to move out of `root` by an audit's findings of `kinds`.

    Of copies the first stays, which is an internal one if there is any; where labels conflict all go, since nobody
    knows which is right. A file that changed since, one that holds several images, and one outside `root` stay.

    Raises:
        RequestError: this is no audit.
    """
    moves: dict[str, Move] = {}
    left: dict[str, str] = {}
    for path, case, reason in named_cases(audit, kinds):
        source = Path(path)
        if path in moves or path in left:
            continue
        if not source.is_relative_to(root):
            continue  # of another site, to be cleaned by itself
        if case["part"] is not None:
            left[path] = f"{reason}, but holds several images"
        elif not source.is_file():
            left[path] = "is not there any more"
        elif case["digest"] and not _same(source, case["digest"]):
            left[path] = "has changed since the audit; audit anew"
        else:
            target = quarantine_of(root) / source.relative_to(root)
            moves[path] = Move(path, str(target), reason)
    return Cleaning(list(moves.values()), list(left.items()))


def _same(file: Path, digest: str) -> bool:
    try:
        return part_digest(file_digest(file), None) == digest
    except OSError:
        return True  # it could not be read for the audit either


def named_cases(audit: dict[str, Any], kinds: Sequence[str]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Path, case and reason of every image that findings of `kinds` say should go.

    Raises:
        RequestError: this is no audit.
    """
    try:
        findings = [finding for finding in audit["findings"] if finding["kind"] in kinds]
        spoilt = [f for f in findings if f["kind"] in ("unreadable", "blank", "conflicting labels")]
        for finding in spoilt:
            for case in finding["cases"]:
                yield case["path"], case, f"{finding['kind']}: {finding['detail']}"
        gone = {case["path"] for finding in spoilt for case in finding["cases"]}
        yield from _surplus([f for f in findings if f["kind"] in ("identical", "near duplicate")], gone)
    except (KeyError, TypeError):
        raise RequestError("The file given by --from is not what bench data audit writes. Audit anew.") from None


def _surplus(copies: Iterable[dict[str, Any]], gone: set[str]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """All but the first of each set of copies that hang together."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    cases: dict[str, dict[str, Any]] = {}
    for finding in copies:
        for case in finding["cases"]:
            cases.setdefault(case["path"], case)
            neighbours[finding["cases"][0]["path"]].add(case["path"])
            neighbours[case["path"]].add(finding["cases"][0]["path"])
    order = sorted(cases, key=lambda path: (cases[path]["site"] != "internal", path))
    seen: set[str] = set()
    for kept in order:
        if kept in seen or kept in gone:
            continue
        seen.add(kept)
        front = [kept]
        while front:
            for path in sorted(neighbours[front.pop()] - seen - gone):
                seen.add(path)
                front.append(path)
                yield path, cases[path], f"copy of {cases[kept]['case_id']}"


def apply_moves(root: Path, moves: Sequence[Move]) -> None:
    """Move, writing each move to the log before it is made.

    Raises:
        RequestError: something lies at a target already.
    """
    taken = [move.target for move in moves if os.path.lexists(move.target)]
    if taken:
        raise RequestError(f"{taken[0]} is there already. Move it away, or undo the last cleaning first.")
    log = quarantine_of(root) / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        for move in moves:
            file.write(json.dumps(asdict(move)) + "\n")
            file.flush()
            os.fsync(file.fileno())
            Path(move.target).parent.mkdir(parents=True, exist_ok=True)
            Path(move.source).rename(move.target)


def undo(root: Path) -> int:
    """Move everything of the log back, the last first, and return how many files that were.

    Raises:
        RequestError: no log, a file of the log that is not there, or something new at its old place.
    """
    log = quarantine_of(root) / LOG
    if not log.is_file():
        raise RequestError(f"There is no {log}: nothing was moved out of {root}.")
    moves = [Move(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    pending = [move for move in moves if os.path.lexists(move.target)]
    for move in pending:
        if os.path.lexists(move.source):
            raise RequestError(f"{move.source} is there again; {move.target} cannot go back. Move one of them away.")
    for move in reversed(pending):
        Path(move.source).parent.mkdir(parents=True, exist_ok=True)
        Path(move.target).rename(move.source)
    log.unlink()
    for folder, _, _ in os.walk(quarantine_of(root), topdown=False):
        if not os.listdir(folder):  # noqa: PTH208
            Path(folder).rmdir()
    return len(pending)
