"""One call of `bench data clean`. Moves files, or writes a manifest without the rows that were named."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.audit.clean import MOVABLE, apply_moves, plan_cleaning, quarantine_of, undo
from bench.audit.clean_manifest import write_cleaned
from bench.data.manifest_table import is_manifest
from bench.errors import RequestError

SHOWN = 50
Say = Callable[[str], None]


def clean_folder(path: Path, audited: Path | None, only: Sequence[str] | None, apply: bool, say: Say) -> None:
    """Show what is to be moved and, with `apply`, move it.

    Raises:
        RequestError: no audit, no such folder, or a kind of finding that cannot be moved.
    """
    if audited is None:
        raise RequestError("Give the audit: --from audit/audit.json (bench data audit writes it), or --undo.")
    wrong = [kind for kind in only or [] if kind not in MOVABLE]
    if wrong:
        raise RequestError(f"--only {wrong[0]!r} is none of {', '.join(MOVABLE)}.")
    audit, root = _read(audited), path.expanduser().resolve()
    if not root.exists():
        raise RequestError(f"No such path: {path}. Check the spelling.")
    if is_manifest(root) and root.is_file():
        write_cleaned(root, audit, only or MOVABLE, apply, say)
        return
    cleaning = plan_cleaning(root, audit, only or MOVABLE)
    for move in cleaning.moves[:SHOWN]:
        say(f"{'moved' if apply else 'would move'}: {move.source} ({move.reason})")
    if len(cleaning.moves) > SHOWN:
        say(f"and {len(cleaning.moves) - SHOWN} more")
    for file, reason in cleaning.left:
        say(f"stays: {file} ({reason})")
    if apply:
        apply_moves(root, cleaning.moves)
        say(f"{len(cleaning.moves)} file(s) moved to {quarantine_of(root)}; back with: bench data clean {path} --undo")
    else:
        say(f"{len(cleaning.moves)} file(s) would be moved to {quarantine_of(root)}. Do it with --apply.")


def undo_cleaning(path: Path, say: Say) -> None:
    """Move everything back that cleanings of `path` have moved."""
    root = path.expanduser().resolve()
    say(f"{undo(root)} file(s) moved back to {root}.")


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"Cannot read {file} (--from): {error.strerror}. Make it with bench data audit.") from None
    except ValueError:
        raise RequestError(f"{file} (--from) is no JSON file. Make it with bench data audit.") from None
    if not isinstance(content, dict):
        raise RequestError(f"{file} (--from) is not what bench data audit writes. Audit anew.")
    return content
