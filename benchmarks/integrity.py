"""What it costs `bench report` that every stored file is checked.

    python -m benchmarks.integrity [--rounds 5]

A results folder of 1,000 simulated runs is written. Fresh processes compile its leaderboard, in turns with and without
the checks of stored runs. Medians of processor seconds are printed, and their ratio with its limit.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.simulated_runs import Size, write_runs
from benchmarks.timing import machine

LIMIT = 1.1
SIZE = Size(backbones=10, seeds=10, folds=10, internal=1000, external=300)
REPORT = (
    "import sys; from bench.cli import main; sys.argv = ['bench', 'report', sys.argv[1], '--format', 'json']; main()"
)
UNCHECKED = (
    "import bench.store.folder as folder, bench.store.records as records; folder.set_aside = lambda root: []; "
    "records.read_sibling = lambda place, name, record: (place / name).read_bytes(); "
    "import bench.store.runs as runs; runs.read_sibling = records.read_sibling; "
)


def seconds(code: str, root: Path) -> float:
    """Processor time of one process that compiles the leaderboard."""
    (root / "leaderboard.json").unlink(missing_ok=True)
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(root)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or not (root / "leaderboard.json").is_file():
        sys.exit(f"bench report failed with exit code {child.returncode}.")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    checked, unchecked = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "results")
        write_runs(root, SIZE)
        for _ in range(options.rounds):
            checked.append(seconds(REPORT, root))
            unchecked.append(seconds(UNCHECKED + REPORT, root))
    ratio = median(checked) / median(unchecked)
    print(f"machine   {machine()}")
    print(f"data      {SIZE.runs:,} runs, {SIZE.predictions:,} predictions; medians of {options.rounds}")
    print(f"bench report, every run checked    {median(checked):6.2f} s of the processor")
    print(f"  without checks                   {median(unchecked):6.2f} s")
    print(f"ratio {ratio:.3f}, limit {LIMIT}: {'kept' if ratio <= LIMIT else 'missed'}")


if __name__ == "__main__":
    main()
