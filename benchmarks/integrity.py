"""What it costs `bench report` that every stored run is checked.

    python -m benchmarks.integrity [--turns 5]

A results folder of 1,000 simulated runs is written. Fresh processes compile its leaderboard, in turns with and without
the checks of stored runs. Medians of processor seconds are printed, and their ratio with its limit.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.simulated_runs import Size, write_runs
from benchmarks.timing import machine, options, take_turns, versions

LIMIT = 1.1
SIZE = Size(backbones=10, seeds=10, folds=10, internal=1000, external=300)
REPORT = (
    "import sys; from bench.cli import main; sys.argv = ['bench', 'report', sys.argv[1], '--format', 'json']; main()"
)
UNCHECKED = (
    "import bench.store.folder as folder, bench.store.runs as runs; folder.set_aside = lambda root: []; "
    "runs.read_sibling = lambda place, name, record: (place / name).read_bytes(); "
)


def compile_in_child(code: str, root: Path) -> None:
    """In a process of its own, on a folder whose leaderboard is not there."""
    (root / "leaderboard.json").unlink(missing_ok=True)
    quiet = subprocess.DEVNULL
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, stdout=quiet, stderr=quiet)
    if not (root / "leaderboard.json").is_file():
        sys.exit("bench report wrote no leaderboard.")


def of_children() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    given, busy = options(__doc__, turns=5).parse_args(), machine()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "results")
        write_runs(root, SIZE)
        candidates = {
            "checked": lambda: compile_in_child(REPORT, root),
            "unchecked": lambda: compile_in_child(UNCHECKED + REPORT, root),
        }
        taken = take_turns(candidates, given.turns, warm_up=1, clock=of_children)
    checked, unchecked = median(taken["checked"]), median(taken["unchecked"])
    print(f"machine   {busy}")
    print(f"versions  {versions('pyarrow', 'pandas')}")
    print(f"data      {SIZE.runs:,} runs, {SIZE.predictions:,} predictions; medians of {given.turns}")
    print(f"bench report, every run checked   {checked:6.2f} s of the processor")
    print(f"the same without checks           {unchecked:6.2f} s")
    print(f"ratio {checked / unchecked:.3f}, limit {LIMIT}: {'kept' if checked <= LIMIT * unchecked else 'missed'}")


if __name__ == "__main__":
    main()
