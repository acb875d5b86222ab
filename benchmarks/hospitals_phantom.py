"""Real training at hospitals of a phantom: what six of them say of the next, and where six more then lie.

    python -m benchmarks.hospitals_phantom FOLDER

Twelve hospitals are drawn from the phantom's population. Of the first six each is left out once. Then models of all
six predict the other six. Accuracies of both are printed; FOLDER keeps images and results, and goes on from there.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from bench.phantom import write_phantom
from reports.tables.wording import number

CASES, SEED, SITES, LEFT_OUT = 120, 1, 12, 6
TRAINED = (
    *("--backbone", "resnet18", "--image-size", "64", "--epochs", "4", "--seeds", "3"),
    *("--weights", "random", "--workers", "2"),
)
"""Of `bench run`; with a share held out, a model of all six hospitals sees as many cases as one of five."""


def sites_of(folder: Path) -> tuple[Path, Path]:
    """Manifests of the first six hospitals by themselves, and of these as one internal site beside the others."""
    data = folder / "phantom"
    if not data.exists():
        write_phantom(data, cases=CASES, external_cases=CASES, seed=SEED, sites=SITES)
    table = pd.read_csv(data / "manifest.csv")
    first = list(dict.fromkeys(table["site"]))[:LEFT_OUT]
    six, merged = data / "six.csv", data / "merged.csv"
    table[table["site"].isin(first)].to_csv(six, index=False)
    table.assign(site=table["site"].where(~table["site"].isin(first), "internal")).to_csv(merged, index=False)
    return six, merged


def trained(data: Path, results: Path, *how: str) -> dict[str, Any]:
    """The content of leaderboard.json after `bench run`."""
    asked = ["run", "--data", data, *TRAINED, *how, "--results", results]
    start = "from bench.cli import start; start()"
    subprocess.run([sys.executable, "-c", start, *map(str, asked)], check=True, stdout=sys.stderr)
    content: dict[str, Any] = json.loads((results / "leaderboard.json").read_text(encoding="utf-8"))
    return content


def lines(folder: Path) -> Iterator[str]:
    six, merged = sites_of(folder)
    found = trained(six, folder / "left-out", "--folds", "sites")["hospitals"]["resnet18"]["accuracy"]
    beside = trained(merged, folder / "merged", "--holdout", str(round(1 / LEFT_OUT, 4)))["rows"][0]["external"]
    yield f"{SITES} hospitals of {CASES} slices, phantom seed {SEED}; bench run {' '.join(TRAINED)}"
    yield ""
    yield "accuracy at hospitals that were left out (models of the other five)"
    for site, cell in found["sites"].items():
        yield f"  {site:12s} {_cell(cell)}"
    yield f"  {'mean':12s} {_cell(found['mean'])}"
    yield f"between hospitals, on the logit scale: tau {_cell(found['tau'])}"
    low, high = found["next"]["low"], found["next"]["high"]
    yield f"next hospital: {number(low, 2)} to {number(high, 2)}"
    yield ""
    yield "accuracy at six more hospitals (models of the first six), and whether it lies there"
    for site, cells in beside.items():
        value = cells["accuracy"]["value"]
        yield f"  {site:12s} {_cell(cells['accuracy'])}  {'inside' if low <= value <= high else 'outside'}"


def _cell(cell: dict[str, float]) -> str:
    return f"{number(cell['value'], 2)} ({number(cell['low'], 2)} to {number(cell['high'], 2)})"


if __name__ == "__main__":
    for line in lines(Path(sys.argv[1])):
        print(line, flush=True)
