"""`bench` as a process, and looking at processes from outside."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

BENCH = [sys.executable, "-c", "from bench.cli import start; start()"]

# Shells start background jobs with interrupts ignored, and tests may be one.
INTERRUPTIBLE = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from bench.cli import start; start()",
]

# A quick real experiment on a few digits, in the process itself: each worker would import torch anew.
SMALL = (
    *("--image-size", "32", "--folds", "2", "--epochs", "2", "--batch-size", "16", "--backbone", "test_resnet"),
    *("--workers", "1"),
)

Bench = Callable[..., "subprocess.CompletedProcess[str]"]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 240) -> None:
    """Poll `condition` until it holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def child_processes(pid: int) -> list[int]:
    """Children of a process, from /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def state(pid: int) -> str:
    """R, S, T (stopped), Z (ended, nobody has asked) …, as proc(5) has them; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    return state(pid) not in ("", "Z")


def predictions(results: Path) -> dict[str, bytes]:
    """Run id → bytes of its predictions, of whole runs (temporary folders begin with a dot)."""
    return {path.parent.name: path.read_bytes() for path in results.glob("runs/[0-9a-f]*/predictions.parquet")}


def words(root: Path) -> str:
    """All that the files below hold: their names, bytes, and cells of their tables."""
    found = []
    for file in root.rglob("*"):
        found.append(str(file))
        if file.suffix == ".parquet":
            found.append(pd.read_parquet(file).to_csv())
        if file.is_file():
            found.append(file.read_bytes().decode("latin-1"))
    return "\n".join(found)
