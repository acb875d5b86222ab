"""Results folders as a release leaves them, kept for ever: the commands that make them, and their archive.

python tests/kept_results.py FOLDER    writes tests/data/results-VERSION.tar.xz with the release that it is beside

Give it before a change of what is stored; never write one of an earlier release again. FOLDER is where results are
made. It must not exist, and its name stands in what is stored: take one that says nothing of your machine.
"""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pandas as pd
from processes import BENCH
from trees import write_digit_tree

from bench.version import __version__

KEPT = Path(__file__).parent / "data"
LEFT_OUT = (".lock", "figures")
TRAINED = (
    *("--data", "digits", "--image-size", "16", "--folds", "2", "--epochs", "1", "--batch-size", "16"),
    *("--workers", "1", "--weights", "random", "--precision", "fp32", "--device", "cpu", "--backbone", "test_resnet"),
)
"""All that names of runs depend on is said, so that they are the same on every processor."""
COMMANDS = {
    "run": ["run", *TRAINED, "--backbone", "test_efficientnet", "--seeds", "2", "--results", "run"],
    "explain": ["explain", "run", "--cases", "random", "--number", "1", "--backbone", "test_resnet"],
    "search": ["search", *TRAINED, "--trials", "2", "--pruner", "none", "--results", "search"],
    "nondeterminism": ["nondeterminism", *TRAINED, "--repeats", "2", "--vary", "none,init", "--results", "repeats"],
    "import": ["import", "elsewhere.csv", "--results", "imported"],
}


def write_inputs(root: Path) -> None:
    """Images of three classes at two sites, and predictions made elsewhere: two seeds of two folds."""
    write_digit_tree(root / "digits/internal", [0, 1, 4], 8)
    write_digit_tree(root / "digits/external", [0, 1, 4], 4, first=100, size=12)
    rows = [
        ("net", seed, number % 2, "internal", f"{number}.png", "ab"[number // 2 % 2], "abb"[(number + seed) % 3])
        for seed in (0, 1)
        for number in range(24)
    ]
    columns = ["backbone", "seed", "fold", "site", "case_id", "label", "predicted"]
    pd.DataFrame(rows, columns=columns).to_csv(root / "elsewhere.csv", index=False)


def make(root: Path) -> None:
    """All of it in an empty folder."""
    write_inputs(root)
    environment = {**os.environ, "GAPBENCH_CACHE": str(root / ".cache")}
    for name, command in COMMANDS.items():
        print(f"{name} …", flush=True)
        subprocess.run([*BENCH, *command], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


def unpack(archive: Path, root: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(root, filter="data")


def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """What is kept: not drawings, which no command reads, nor the name of who made it."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return None if Path(entry.name).name in LEFT_OUT else entry


def main() -> None:
    archive, root = KEPT / f"results-{__version__}.tar.xz", Path(sys.argv[1])
    root.mkdir(parents=True)
    make(root)
    KEPT.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for path in sorted(root.glob("[!.]*")):
            packed.add(path, path.name, filter=kept)
    print(f"Written: {archive} ({archive.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
