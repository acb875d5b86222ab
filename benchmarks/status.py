"""How long `bench status` takes on a folder of 1,000 runs, of which 40 are left and 20 have failed.

    python -m benchmarks.status [--rounds 5]

The folder holds run.json as the store writes it, and the plan. Each round is a fresh process, as a user types it. In
turns with it `bench --help` and `import bench` are timed, since most of the time is starting Python.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from bench.config.experiment import Experiment
from bench.data.images import PixelSettings
from bench.plan.plan import seeds_of
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec, Weights
from bench.store.folder import ResultsFolder
from bench.store.planned import Planned, PlannedRun, write_planned
from bench.store.records import PREDICTIONS, RunRecord, write_record
from benchmarks.goals import at_most
from benchmarks.timing import bench, machine, options, take_turns, versions

BACKBONES, SEEDS, FOLDS = 20, 10, 5
LEFT, FAILED = 40, 20
SECONDS = 2
STATUS = "bench status, 1,000 runs"
MADE_WITH = {f"library {number}": "1.2.3 on some machine" for number in range(15)}


def write_folder(root: Path) -> None:
    """A results folder without predictions, which `bench status` does not read."""
    places = [(f"net{b}", seed, fold) for b in range(BACKBONES) for seed in range(SEEDS) for fold in range(FOLDS)]
    names = {hashlib.sha256(str(place).encode()).hexdigest()[:20]: place for place in places}
    (root / "runs").mkdir(parents=True)
    backbones = [f"net{number}" for number in range(BACKBONES)]
    ResultsFolder(root).write_experiment(Experiment(backbone=backbones, seeds=list(range(SEEDS)), folds=FOLDS))
    for number, (name, (backbone, seed, fold)) in enumerate(names.items()):
        failed = number >= len(names) - LEFT - FAILED
        if number >= len(names) - LEFT:
            break
        folder = root / "runs" / (f"{name}.failed" if failed else name)
        folder.mkdir()
        spec = RunSpec(
            backbone=backbone,
            weights=Weights("random", ""),
            recipe=Recipe(),
            pixels=PixelSettings(),
            numerics=Numerics("bf16"),
            classes=("epidural", "subdural"),
            seed=seed,
            seeds=seeds_of(seed),
            fold=fold,
            train=(),
            validation=(),
        )
        result = RunResult(
            "failed" if failed else "done",
            np.zeros((0, 2), dtype=np.float32),
            timings={"total": 30.0},
            environment=MADE_WITH,
            error="The loss is nan" if failed else "",
        )
        record = RunRecord.of(spec, result, 21_000_000)
        (folder / PREDICTIONS).write_bytes(b"")
        write_record(folder, record.model_copy(update={"run_id": name}))
    runs = {name: PlannedRun(*place, "folds") for name, place in names.items()}
    write_planned(root, Planned(runs, 2))


def main() -> None:
    rounds = options(__doc__, rounds=5).parse_args().rounds
    print(f"machine   {machine()}")
    print(f"versions  {versions()}; medians of {rounds}")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "results")
        write_folder(root)
        commands = {
            STATUS: lambda: bench("status", root),
            "bench --help": lambda: bench("--help"),
            "import bench": lambda: subprocess.run([sys.executable, "-c", "import bench"], check=True),
        }
        measured = take_turns(commands, rounds)
    for what, times in measured.items():
        print(f"{what:26s}{median(times):5.2f} s")
    print(f"\n{at_most(STATUS, median(measured[STATUS]), SECONDS)}")


if __name__ == "__main__":
    main()
