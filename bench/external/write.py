"""External predictions into a results folder: the runs, and what of their cases and folds is new. Writes files."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.config.experiment import Experiment
from bench.errors import writing
from bench.external.read import ExternalPredictions
from bench.external.runs import ExternalRun, refuse_conflicts
from bench.folds.leaks import find_leaks
from bench.plan.spec import RunResult
from bench.store.folder import ResultsFolder
from bench.store.records import HISTORY, PREDICTIONS, write_record
from bench.store.runs import history_table

NO_IMAGES = "none: bench import brought these predictions without their images"


def write_external(wanted: ExternalPredictions, folder: ResultsFolder) -> int:
    """Store what is not there yet; returns how many runs were. Call inside `folder.locked()`.

    Raises:
        RequestError: the folder has changed since it was read, or holds other predictions under the same names.
        WriteError: a write failed; what had been stored stays.
    """
    folder.refuse_changed(wanted.there.state)
    stored = folder.runs.read_all()
    refuse_conflicts(wanted.runs, stored)
    known = {run.run_id for run in stored}
    new = [run for run in wanted.runs if run.run_id not in known]
    with writing(folder.root, "No run of this call is stored yet"):
        _write_what_runs_stand_on(wanted, folder)
    for done, run in enumerate(new):
        with writing(folder.root, f"{done} run(s) of this call are stored whole, none is half-written"):
            folder.runs.store(run.run_id, partial(_fill, run, wanted.files))
    return len(new)


def _write_what_runs_stand_on(wanted: ExternalPredictions, folder: ResultsFolder) -> None:
    """In a folder of `bench run` only new seeds are added to the folds."""
    there = wanted.there
    if not there.cases:
        folder.write_cases(list(wanted.cases))
    if there.folds != wanted.folds:
        folder.write_folds(wanted.folds)
    if there.trained_here:
        return
    folder.write_leaks(find_leaks(wanted.cases, [], wanted.folds))
    experiment = _experiment(wanted, there.experiment, folder.root)
    if experiment != there.experiment:
        folder.write_experiment(experiment)
    if wanted.changed:
        folder.write_passed_over(wanted.changed)


def _experiment(wanted: ExternalPredictions, before: Experiment | None, root: Path) -> Experiment:
    """What the leaderboard needs, and for `bench run` a reader whose name says why it cannot repeat this."""
    if before is None:
        before = Experiment(
            data=str(Path(next(iter(wanted.files))).expanduser().resolve()),
            reader={"*": NO_IMAGES},
            class_order=list(wanted.classes),
            backbone=[wanted.runs[0].backbone],
            seeds=[wanted.runs[0].seed],
            results=str(root.resolve()),
        )
    return before.model_copy(
        update={
            "backbone": list(dict.fromkeys([*before.backbone, *(run.backbone for run in wanted.runs)])),
            "seeds": sorted({*before.seeds, *(run.seed for run in wanted.runs)}),
            "folds": max(2, wanted.folds.number()) if wanted.folds.by_seed else before.folds,
        }
    )


def _fill(run: ExternalRun, files: Mapping[str, str], folder: Path) -> None:
    nothing = RunResult("done", np.zeros((0, len(run.classes)), dtype=np.float32))
    pq.write_table(history_table(nothing), folder / HISTORY)
    pq.write_table(pa.Table.from_pandas(run.predictions, preserve_index=False), folder / PREDICTIONS)
    write_record(folder, run.record(files))
