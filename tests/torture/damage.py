"""Seeded damage to a finished results folder, and what `bench report` makes of it. Writes copies of the folder."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from bench.cli.app import app
from bench.errors import BenchError
from bench.status.read import read_status

KINDS = ("flip", "cut", "empty", "delete", "swap", "zero")


@dataclass(frozen=True)
class Outcome:
    """What was done to which file, and what became of it: said, no effect, silent or traceback."""

    kind: str
    name: str
    outcome: str
    detail: str = ""


def damaged_copies(root: Path, scratch: Path, number: int, seed: int = 0) -> list[Outcome]:
    """So many damages, each to a fresh copy of `root` whose leaderboard is compiled and then printed again.

    Even ones find the leaderboard as it is; of odd ones leaderboard.json is removed, so that it is made anew.
    """
    rng = random.Random(seed)
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    found = []
    for trial in range(number):
        copy = scratch / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root, copy)
        of_runs = rng.random() < 0.6
        kind, name = rng.choice(KINDS), rng.choice([one for one in names if one.startswith("runs/") == of_runs])
        other = _damage(copy, kind, name, names, rng)
        if other is None:
            found.append(Outcome(kind, name, "no effect", "the same bytes"))
            continue
        if trial % 2:
            (copy / "leaderboard.json").unlink(missing_ok=True)
        found.append(_judged(root, copy, kind, name, other))
    return found


def _damage(copy: Path, kind: str, name: str, names: list[str], rng: random.Random) -> str | None:
    """Do it; the name of the second file of a swap, None where nothing is another than before."""
    file = copy / name
    before = file.read_bytes()
    doings: dict[str, Callable[[], bytes]] = {
        "flip": lambda: _flipped(before, rng),
        "cut": lambda: before[: rng.randrange(len(before))] if before else before,
        "empty": lambda: b"",
        "zero": lambda: _zeroed(before, rng),
    }
    if kind == "delete":
        file.unlink()
        return ""
    if kind == "swap":
        alike = [one for one in names if Path(one).name == Path(name).name and one != name]
        other = rng.choice(alike or [one for one in names if one != name])
        file.write_bytes((copy / other).read_bytes())
        (copy / other).write_bytes(before)
        return None if file.read_bytes() == before else other
    file.write_bytes(doings[kind]())
    return None if file.read_bytes() == before else ""


def _flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    if changed:
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _zeroed(content: bytes, rng: random.Random) -> bytes:
    """A stretch of zeros, as a disk block that was never written reads."""
    start = rng.randrange(max(1, len(content)))
    return content[:start] + b"\0" * len(content[start : start + 512]) + content[start + 512 :]


def _called(name: str) -> str:
    """What messages call a file by: its run, or its own name."""
    return Path(name).parts[1] if name.startswith("runs/") else Path(name).name


def _judged(root: Path, copy: Path, kind: str, name: str, other: str) -> Outcome:
    done = CliRunner().invoke(app, ["report", str(copy), "--format", "json"])
    if done.exception and not isinstance(done.exception, BenchError | SystemExit):
        return Outcome(kind, name, "traceback", repr(done.exception))
    said = f"{done.output}{done.stderr}{done.exception or ''}"
    names = [_called(one) for one in (name, other) if one]
    named = any(one in said for one in names)
    whole = (root / "leaderboard.json").read_bytes()
    if (copy / "leaderboard.json").is_file() and (copy / "leaderboard.json").read_bytes() == whole == done.stdout_bytes:
        return Outcome(kind, name, "said" if named else "no effect")
    if done.exit_code and done.exception is None and not named:
        return Outcome(kind, name, "silent", said)
    try:
        problems = " ".join(read_status(copy).problems)
    except BenchError as error:
        problems = str(error)
    return Outcome(kind, name, "said" if named or any(one in problems for one in names) else "silent", said[-600:])
