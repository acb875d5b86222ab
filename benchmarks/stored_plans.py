"""A results folder in which every run of a real `bench run` command is stored, without training. Writes the folder.

Records are those of the plan, each under its own id. Predictions and histories are the same small files for all, and
the leaderboard is a line: a call with nothing to do checks their digests and reads no more of them.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.begin import begin
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.plan.spec import RunResult
from bench.report import leaderboard
from bench.running import merged_with_stored, note
from bench.store.folder import ResultsFolder
from bench.store.records import HISTORY, PREDICTIONS, RunRecord, write_record
from bench.store.working_process import RUN
from bench.terminal import Terminal
from benchmarks.status import MADE_WITH
from reports.overview.overview import Overview

CASES = 600
BACKBONES = tuple(f"test_{name}" for name in ("resnet", "vit", "convnext", "efficientnet", "byobnet"))
FOLDS = 10
NOTHING = Overview("", (), "", "cases", 0.95, (), 0, {}, ())
FILE = bytes(8000)  # as large as predictions of 360 cases


def command(data: Path, root: Path, seeds: int) -> list[str | Path]:
    """`bench run` with its plan: backbones × seeds × folds."""
    named = [part for name in BACKBONES for part in ("--backbone", name)]
    size = ["--image-size", "32", "--weights", "random", "--folds", str(FOLDS), "--seeds", str(seeds)]
    return ["run", "--internal", data, *named, *size, "--results", root]


def write_digits(data: Path) -> None:
    """Images of ten digits."""
    images, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(images[:CASES], labels[:CASES], strict=True)):
        (data / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype("uint8")).save(data / str(label) / f"{number}.png")


def write_stored(data: Path, root: Path, seeds: int) -> int:
    """Store every run of `command`; returns how many there are."""
    experiment = Experiment(
        internal=str(data),
        backbone=list(BACKBONES),
        image_size=32,
        weights="random",
        folds=FOLDS,
        seeds=list(range(seeds)),
        results=str(root),
    )
    folder, terminal, caches = ResultsFolder(root), Terminal(quiet=True), user_caches()

    def read() -> Prepared:
        return prepare(experiment, folder, look_ahead(experiment, folder, caches, terminal), caches, terminal)

    with begin(read, folder, RUN, merged_with_stored, terminal.say) as begun:
        specs = begun.prepared.specs()
        note(begun.prepared, folder, {spec.run_id: spec for spec in specs}, grows=False)
        folder.runs.root.mkdir()
        nothing = RunResult(
            "stopped", np.zeros((0, 0), dtype=np.float32), timings={"total": 30.0}, environment=MADE_WITH
        )
        for spec in specs:
            place = folder.runs.root / spec.run_id
            place.mkdir()
            for name in (PREDICTIONS, HISTORY):
                (place / name).write_bytes(FILE)
            record = RunRecord.of(spec, nothing, 1_000_000)
            write_record(place, record.model_copy(update={"status": "done"}))
    return len(specs)


def write_leaderboard(root: Path) -> None:
    """One that counts as up to date."""
    folder = ResultsFolder(root)
    with folder.locked():
        experiment = folder.experiment()
        assert experiment is not None
        made_from = leaderboard.made_from(folder, experiment, leaderboard.Evaluation.of(experiment))
        content = {"made_from": made_from, leaderboard.OVERVIEW: NOTHING.to_dict()}
        folder.files.write_all({leaderboard.MARKDOWN: "\n", leaderboard.JSON: json.dumps(content)})
