"""What other training patients really change, and what draws of each training set say of it: probes on the phantom.

    python -m benchmarks.training_populations_phantom FOLDER

Several training sets are made by the phantom, and one hospital beside them at which all are tested. How far the values
there differ between training sets is what the draws of every single one estimate. FOLDER keeps images and results, and
goes on from there.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.phantom import write_phantom

SETS, CASES, TESTED, FIRST = 12, 120, 1200, 100
TRAINED = (
    *("--backbone", "resnet18", "--weights", "random", "--image-size", "64", "--recipe", "logistic-probe"),
    *("--seeds", "3", "--training-draws", "4"),
)


def trained(folder: Path, place: int) -> dict[str, Any]:
    """The content of leaderboard.json of one training set."""
    data, results, hospital = folder / f"phantom-{place}", folder / f"results-{place}", folder / "hospital"
    if not hospital.exists():
        write_phantom(hospital, cases=6, external_cases=TESTED, seed=FIRST)
    if not data.exists():
        write_phantom(data, cases=CASES, external_cases=6, seed=FIRST + 1 + place)
    sides = ("--internal", data / "internal", "--external", f"external={hospital / 'external'}")
    asked = ["run", *sides, *TRAINED, "--results", results]
    start = "from bench.cli import start; start()"
    subprocess.run([sys.executable, "-c", start, *map(str, asked)], check=True, stdout=sys.stderr)
    content: dict[str, Any] = json.loads((results / "leaderboard.json").read_text(encoding="utf-8"))
    return content


def lines(folder: Path) -> Iterator[str]:
    found = [trained(folder, place) for place in range(SETS)]
    yield f"{SETS} training sets of {CASES} slices, {TESTED} slices of another hospital, phantom seed {FIRST} and on;"
    yield f"bench run {' '.join(TRAINED)}"
    yield ""
    yield "                      sd between     sd that the draws     mean of all, held by the interval"
    yield "                      training sets  of one set estimate   for these cases   for other cases"
    for metric in ("accuracy", "macro_f1"):
        cells = [one["training_populations"]["resnet18"]["external"]["external"][metric] for one in found]
        values = np.array([one["these_training_cases"]["value"] for one in cells])
        estimated = np.array([one["deviations"]["training_cases"] for one in cells])
        held = [
            sum(one[key]["low"] <= values.mean() <= one[key]["high"] for one in cells)
            for key in ("these_training_cases", "over_training_cases")
        ]
        yield (
            f"  external {metric:<10} {values.std(ddof=1):>10.4f} {np.sqrt(np.mean(estimated**2)):>16.4f}"
            f" {held[0]:>20} of {SETS} {held[1]:>13} of {SETS}"
        )


if __name__ == "__main__":
    for line in lines(Path(sys.argv[1])):
        print(line, flush=True)
