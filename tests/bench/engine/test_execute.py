"""The one loop that runs and stores, and executors that a registry names."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execution_runs import prepare_runs
from processes import SMALL, predictions

from bench.cache import Caches
from bench.config.experiment import FrozenBackbone
from bench.engine.execute import failures, pending, run_and_store
from bench.errors import WriteError
from bench.execution.in_process import InProcessExecutor
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.store.runs import RunStore

FROZEN = {
    "test_resnet": FrozenBackbone(weights="random", weights_digest="", precision="fp32", device="cpu", parameters=7)
}

BACKWARDS = '''
"""An executor that somebody adds: runs in the opposite order, in this process."""

from bench.execution.in_process import InProcessExecutor


class Backwards(InProcessExecutor):
    def run(self, specs, on_epoch):
        print("Backwards!")
        return super().run(list(reversed(specs)), on_epoch)
'''

WITH_IT = (
    "import bench.executors; bench.executors.EXECUTORS['backwards'] = 'backwards:Backwards'; "
    "import sys; sys.argv[0] = 'bench'; from bench.cli import main; main()"
)


class Seen:
    """An observer that notes what it is told, and which runs were stored then."""

    def __init__(self, store: RunStore) -> None:
        self.store, self.epochs, self.runs = store, list[int](), list[tuple[str, bool]]()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        self.epochs.append(record.epoch)
        return True

    def run(self, spec: RunSpec, result: RunResult) -> None:
        self.runs.append((spec.run_id, spec.run_id in self.store.complete()))


def test_each_run_is_stored_before_anybody_is_told_of_it(digit_data: Path, caches: Caches, tmp_path: Path) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    store = RunStore(tmp_path / "runs")
    seen = Seen(store)
    for spec, result in run_and_store(InProcessExecutor(resources), specs, store, FROZEN, seen):
        stored = store.read(spec.run_id)
        columns = stored.predictions()[[f"p_{name}" for name in spec.classes]]
        assert np.array_equal(columns.to_numpy(dtype=np.float32), result.probabilities)
        assert stored.record.parameters == 7
    assert seen.epochs == [0, 1, 0, 1]
    assert seen.runs == [(spec.run_id, True) for spec in specs]
    assert pending(specs, store) == []


def test_a_run_that_fails_is_named_and_is_pending_again(digit_data: Path, caches: Caches, tmp_path: Path) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    broken = [replace(specs[0], classes=("only",)), specs[1]]
    store = RunStore(tmp_path / "runs")
    failed = failures(run_and_store(InProcessExecutor(resources), broken, store, FROZEN, Seen(store)))
    assert len(failed) == 1
    assert failed[0].startswith("test_resnet seed 0 fold 0: ")
    assert pending(broken, store) == [broken[0]]


def test_a_full_disk_says_what_is_stored(
    digit_data: Path, caches: Caches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    store = RunStore(tmp_path / "runs")
    write = store.write

    def until_full(spec: RunSpec, result: RunResult, parameters: int) -> Path:
        if store.complete():
            raise OSError(28, "No space left on device")
        return write(spec, result, parameters)

    monkeypatch.setattr(store, "write", until_full)
    with pytest.raises(WriteError, match=r"No space left on device\. 1 run\(s\) of this call are stored whole"):
        failures(run_and_store(InProcessExecutor(resources), specs, store, FROZEN, Seen(store)))
    assert store.complete() == {specs[0].run_id}


def test_an_executor_is_a_module_and_an_entry(
    digit_data: Path, finished: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    """With it the same runs, by name on the command line, give the same bytes."""
    (tmp_path / "backwards.py").write_text(BACKWARDS, encoding="utf-8")
    command = [
        *(sys.executable, "-c", WITH_IT, "run", "--data", digit_data, *SMALL, "--seeds", "2"),
        *("--executor", "backwards", "--results", tmp_path / "results"),
    ]
    environment = {**bench_environment, "PYTHONPATH": f"{tmp_path}:{bench_environment.get('PYTHONPATH', '')}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "Backwards!" in done.stdout
    assert predictions(tmp_path / "results") == predictions(finished)
    lines = [line for line in done.stdout.splitlines() if "test_resnet seed" in line]
    assert [line.rpartition(": ")[2] for line in lines] == [
        f"test_resnet seed {seed} fold {fold}" for seed, fold in ((1, 1), (1, 0), (0, 1), (0, 0))
    ]
