"""One call of `bench data clean`. Moves files, or writes a manifest without the rows that an audit named."""

import shlex
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from bench.audit.clean_manifest import write_cleaned
from bench.audit.findings import FoundCase
from bench.audit.quarantine import Move, alone, apply_moves, quarantine_of, undo
from bench.audit.summary import Audit, read_audit
from bench.audit.surplus import MOVABLE, look_up_digests, named_cases
from bench.data.manifest.table import is_manifest
from bench.errors import RequestError

Say = Callable[[str], None]


def clean(path: Path, audited: Path | None, only: Sequence[str] | None, apply: bool, say: Say) -> None:
    """Show what is to be moved out of `path` or left out of it (a manifest) and, with `apply`, do it.

    Raises:
        RequestError: no audit, no such path, or a kind of finding that cannot be moved.
    """
    if audited is None:
        raise RequestError("Give the audit: --from audit/audit.json (bench data audit writes it), or --undo.")
    wrong = [kind for kind in only or [] if kind not in MOVABLE]
    if wrong:
        raise RequestError(f"--only {wrong[0]!r} is none of {', '.join(MOVABLE)}.")
    audit, root, kinds = read_audit(audited), _place(path), only or MOVABLE
    if root.is_dir():
        _clean_folder(root, audit, kinds, apply, say)
    elif root.is_file() and is_manifest(root):
        write_cleaned(root, audit, kinds, apply, say)
    else:
        raise RequestError(f"{path} is no folder and no manifest. Check the spelling.")


def _clean_folder(root: Path, audit: Audit, kinds: Sequence[str], apply: bool, say: Say) -> None:
    quarantine = quarantine_of(root)
    with alone(root) if apply else nullcontext():
        moves, stay = _what_to_move(root, audit, kinds)
        if apply:
            apply_moves(root, moves)
    for move in moves:
        say(f"{'moved' if apply else 'would move'}: {root / move.file} ({move.reason})")
    for file, reason in stay.items():
        say(f"stays: {file} ({reason})")
    if not moves:
        say(f"Nothing is to be moved out of {root}.")
    elif apply:
        again = shlex.quote(str(root))
        say(f"{len(moves)} file(s) moved to {quarantine}; back with: bench data clean {again} --undo")
    else:
        say(f"{len(moves)} file(s) would be moved to {quarantine}. Do it with --apply.")


def undo_cleaning(path: Path, say: Say) -> None:
    """Move everything back that cleanings of `path` have moved."""
    root = _place(path)
    number, lost = undo(root)
    say(f"{number} file(s) moved back to {root}.")
    for file in lost:
        say(f"gone: {file} is neither there nor in the quarantine")


def _place(path: Path) -> Path:
    return path.expanduser().resolve()


def _what_to_move(root: Path, audit: Audit, kinds: Sequence[str]) -> tuple[list[Move], dict[str, str]]:
    """Moves out of `root` by findings of `kinds`, and why other files stay although they are named.

    Those stay that changed since the audit, hold several images, or lie outside `root`.
    """
    unchanged = look_up_digests()
    moves: dict[str, Move] = {}
    stay: dict[str, str] = {}
    for case, reason in named_cases(audit, kinds, unchanged):
        path = Path(case.path)
        if case.path in moves or case.path in stay or not path.is_relative_to(root):
            continue  # of another site, to be cleaned by itself
        if why := _why_it_stays(root, case, reason, unchanged):
            stay[case.path] = why
        else:
            moves[case.path] = Move(str(path.relative_to(root)), reason)
    if not moves and not stay and not _is_of(audit, root):
        raise RequestError(
            f"The audit (--from) was made of {', '.join(audit.roots.values())}, not of {root}. Give that path, or "
            f"audit this one."
        )
    return list(moves.values()), stay


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
