"""Stored runs that are not as they were written: found, and moved aside with the reason. Reads and renames folders."""

import os
import shutil
from pathlib import Path

from bench.atomic import write_text
from bench.store.json_files import DamagedError
from bench.store.records import FILE, HISTORY, MODEL, PREDICTIONS, RUN_ID, checked_record, read_sibling

SUFFIX = ".damaged"
REASON = "damage.txt"
ALWAYS = (PREDICTIONS, HISTORY)
"""What is checked by every command that compiles; models are large, and may be deleted to make room."""


def damage(folder: Path, *, thorough: bool = False) -> str:
    """How a run that should be complete is not as it was stored; empty where it is.

    thorough: also digests of its training and the model, which else their readers check. Of a run that was stored
    without digests only the record is read.
    """
    try:
        record = checked_record(folder)
        if record.status != "done":
            raise DamagedError(f"its status is {record.status}")
        if not (folder / PREDICTIONS).is_file():
            raise DamagedError(f"{PREDICTIONS} is missing")
        for name in sorted(set(record.sha256 or ()) - {FILE}):
            if name in ALWAYS or (thorough and (name != MODEL or (folder / name).exists())):
                read_sibling(folder, name, record)
    except DamagedError as error:
        return str(error)
    return ""


def run_folders(root: Path) -> list[Path]:
    """Those below `root` that should be complete runs, in the order of their names."""
    return [root / name for name in run_names(root)]


def run_names(root: Path) -> list[str]:
    """The same by name; there may be 50,000."""
    return sorted(filter(RUN_ID.fullmatch, os.listdir(root))) if root.is_dir() else []  # noqa: PTH208


def set_aside(root: Path) -> list[str]:
    """Rename what is damaged to RUN_ID.damaged, with the reason in it; returns what to say.

    Call only while holding the folder's lock.
    """
    said = []
    for folder in run_folders(root):
        why = damage(folder)
        if not why:
            continue
        aside = folder.with_name(folder.name + SUFFIX)
        shutil.rmtree(aside, ignore_errors=True)
        write_text(folder / REASON, f"{why}\n")
        folder.rename(aside)
        said.append(
            f"The stored run {folder} is damaged ({why}): it was moved to {aside.name} and does not count. The command "
            f"that made it does it again."
        )
    return said


def left_aside(root: Path) -> list[str]:
    """What to say of runs below `root` that were set aside, and have not been done again."""
    said = []
    for folder in sorted(root.glob(f"*{SUFFIX}")):
        name, reason = folder.name.removesuffix(SUFFIX), folder / REASON
        if not (root / name).exists():
            why = reason.read_text(encoding="utf-8", errors="replace").strip() if reason.is_file() else "not known why"
            said.append(
                f"The stored run {name} was damaged ({why}) and is left out. The command that made it does it again."
            )
    return said
