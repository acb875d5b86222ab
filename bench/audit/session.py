"""One call of `bench data clean`. Moves files, or writes a manifest without the rows that were named."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.audit.clean import Cleaning, plan_cleaning
from bench.audit.clean_manifest import write_cleaned
from bench.audit.quarantine import apply_moves, quarantine_of, undo
from bench.audit.stored import read_audit
from bench.audit.surplus import MOVABLE
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
        _clean_folder(root, plan_cleaning(root, audit, kinds), apply, say)
    elif root.is_file() and is_manifest(root):
        write_cleaned(root, audit, kinds, apply, say)
    else:
        raise RequestError(f"{path} is no folder and no manifest. Check the spelling.")


def _clean_folder(root: Path, cleaning: Cleaning, apply: bool, say: Say) -> None:
    moves, quarantine = cleaning.moves, quarantine_of(root)
    if apply:
        apply_moves(root, moves)
    for move in moves:
        say(f"{'moved' if apply else 'would move'}: {root / move.file} ({move.reason})")
    for file, reason in cleaning.left:
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
