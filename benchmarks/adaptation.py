"""What each adaptation changes: at the second site of the phantom, which differs in appearance alone, and on digits.

    python -m benchmarks.adaptation FOLDER [--small] [--seeds N] [--cases N]

FOLDER keeps images and results, and goes on from there. Needs the extra digits. The network has ImageNet weights
(the extra lite); --small: a tiny one that begins with random weights.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bench.data.digits import write_digits
from bench.phantom import write_phantom
from benchmarks.timing import BENCH, options
from reports.statistics.metrics import primary
from reports.tables.wording import number

METRIC = primary()
ADAPTED = ("adabn", "histogram", "tent", "coral")
PRETRAINED = ("--backbone", "tf_efficientnet_lite0", "--weights", "imagenet", "--folds", "2", "--workers", "2")
SMALL = ("--backbone", "test_resnet", "--weights", "random", "--folds", "2", "--workers", "1")
SIZES = {"phantom": "64", "digits": "32"}
EPOCHS = {"phantom": (8, 12), "digits": (5, 15)}
"""Of the pretrained and of the small network."""


def phantom(folder: Path, cases: int) -> Path:
    """Two sites of the same patients' mix, whose scanners differ; half as many cases at the second."""
    data = folder / "phantom"
    if not data.exists():
        write_phantom(data, cases=cases, external_cases=cases // 2, seed=0)
    return data


def digits(folder: Path, cases: int) -> Path:
    """A manifest of as many UCI as MNIST digits: the first of each class."""
    data, manifest = folder / "digits", folder / "digits.csv"
    if not data.exists():
        write_digits(data)
    files = sorted(data.glob("*/*/*.png"))
    table = pd.DataFrame(
        {
            "path": [str(file.resolve()) for file in files],
            "label": [file.parent.name for file in files],
            "site": [file.parent.parent.name for file in files],
        }
    )
    table.groupby(["site", "label"]).head(cases // 10).to_csv(manifest, index=False)
    return manifest


DATA = {"phantom": phantom, "digits": digits}


def lines(folder: Path, seeds: int, cases: int, small: bool) -> Iterator[str]:
    adapt = [part for one in ADAPTED for part in ("--adapt", one)]
    for name, write in DATA.items():
        size = ("--image-size", SIZES[name], "--epochs", str(EPOCHS[name][small]))
        asked = [*(SMALL if small else PRETRAINED), *size, "--seeds", str(seeds), *adapt]
        results = folder / f"of-{name}"
        command = [*BENCH, "run", "--data", str(write(folder, cases)), *asked, "--results", str(results)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        yield f"{name}: bench run {' '.join(asked)}"
        yield from _table(json.loads((results / "leaderboard.json").read_text(encoding="utf-8")))
        yield ""


def _table(board: Mapping[str, Any]) -> Iterator[str]:
    (site,) = board["rows"][0]["external"]
    inside, cells = board["rows"][0]["clusters"]["internal"]["cases"], board["rows"][0]["clusters"][site]["cases"]
    yield f"{inside} internal and {cells} external cases; {METRIC.in_sentence} with 95 % intervals"
    yield f"{'':24s}{'internal':22s}{'external':22s}{'external − none':25s}gap − none"
    for row in board["rows"]:
        of_row = board["adaptation"].get(row["name"])
        called = "none"
        if of_row:
            transductive = any("transductive" in stamp for stamp in row["stamps"])
            called = f"{of_row['adaptation']}{' (transductive)' if transductive else ''}"
        found = [_cell(row["internal"][METRIC.name]), _cell(row["external"][site][METRIC.name])]
        changed = {one["endpoint"]: one for one in (of_row or {"differences": []})["differences"]}
        found += [_cell(changed[f"{place}.{site}.{METRIC.name}"]) if of_row else "" for place in ("external", "gap")]
        yield f"{called:24s}{found[0]:22s}{found[1]:22s}{found[2]:25s}{found[3]}".rstrip()


def _cell(cell: Mapping[str, Any]) -> str:
    return f"{number(cell['value'], 2)} ({number(cell['low'], 2)} to {number(cell['high'], 2)})"


if __name__ == "__main__":
    parser = options(__doc__, seeds=3, cases=300)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for line in lines(given.folder, given.seeds, given.cases, given.small):
        print(line, flush=True)
