"""What every executor must do, and what the pool does when a worker dies."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import Hungry, prepare_runs, with_lr
from ray_clusters import on_ray, two_nodes
from slurm_jobs import importable_by_jobs, in_jobs

from bench.cache import Caches
from bench.execution import fork_server
from bench.execution.executor import Executor
from bench.execution.in_process import InProcessExecutor
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.store.runs import RunStore

Make = Callable[[Resources, list[RunSpec]], Executor]


# submitit lets go of the processes that stand in for its jobs, as it does of jobs
LETS_GO = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module", params=["in-process", "pool", "ray", pytest.param("submitit", marks=LETS_GO)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Every executor in turn, each with two workers where it can have them."""
    if request.param == "in-process":
        yield lambda resources, specs: InProcessExecutor(resources)
    elif request.param == "pool":
        yield lambda resources, specs: PoolExecutor(resources, 2)
    elif request.param == "ray":
        with two_nodes() as nodes:
            yield partial(on_ray, nodes)
    else:
        with importable_by_jobs():
            yield in_jobs


def go_on(spec: RunSpec, epoch: EpochRecord) -> bool:
    return True


def results_by_fold(executor: Executor, specs: list[RunSpec]) -> dict[int, RunResult]:
    return {spec.fold: result for spec, result in executor.run(specs, go_on)}


@pytest.fixture(scope="module")
def runs(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[RunSpec], Resources]:
    """Two folds; a copy of the model of the second is adapted to the external site."""
    (first, second), resources = prepare_runs(digit_data, Caches(tmp_path_factory.mktemp("caches")))
    return [first, replace(second, adaptation="tent")], resources


class TestEveryExecutor:
    def test_runs_yields_stops_fails_and_measures(
        self, make: Make, runs: tuple[list[RunSpec], Resources], tmp_path: Path
    ) -> None:
        specs, resources = runs
        with make(resources, specs) as executor:
            epochs: list[tuple[int, int]] = []

            def count(spec: RunSpec, epoch: EpochRecord) -> bool:
                epochs.append((spec.fold, epoch.epoch))
                return True

            results = {spec.fold: result for spec, result in executor.run(specs, count)}
            assert sorted(epochs) == [(0, 0), (0, 1), (1, 0), (1, 1)]
            for spec in specs:
                result = results[spec.fold]
                assert result.status == "done"
                assert result.probabilities.shape == (len(spec.predicted), 3)
                assert result.probabilities.dtype == np.float32
                assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-6)
                assert [epoch.images for epoch in result.history] == [len(spec.train)] * 2
                assert result.environment["torch"]

            # the same bytes as any other executor, this one repeated
            reference = results_by_fold(InProcessExecutor(resources), specs)
            store = RunStore(tmp_path)
            for spec in specs:
                ours = store.write(spec, results[spec.fold], 0) / "predictions.parquet"
                first = ours.read_bytes()
                theirs = store.write(spec, reference[spec.fold], 0) / "predictions.parquet"
                assert first == theirs.read_bytes()

            # a run that fails or is stopped does not end the others
            diverging = with_lr(specs[0], 10.0)
            broken = [replace(diverging, backbone="no_such_backbone"), specs[1]]
            outcome = {spec.fold: result for spec, result in executor.run(broken, go_on)}
            assert outcome[0].status == "failed"
            assert "no_such_backbone" in outcome[0].error
            assert outcome[1].status == "done"
            stopped = [result for _, result in executor.run(specs[:1], lambda spec, epoch: False)]
            if make is not in_jobs:  # which hear of it in the middle of a later epoch, or too late
                assert [(result.status, len(result.history)) for result in stopped] == [("stopped", 1)]

            speed = executor.measure(specs[0])
            assert speed.training > 0
            assert speed.evaluation > 0
            assert speed.seconds(specs[0]) > 0
            assert list(executor.run([], go_on)) == []


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_run_that_is_out_of_memory_is_tried_once_more(
    make: Make, times: int, runs: tuple[list[RunSpec], Resources], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    with make(replace(resources, watch=Hungry(times, tmp_path)), specs) as executor:
        outcome = results_by_fold(executor, specs)
    said = capfd.readouterr().err
    if make is not in_jobs:  # which say it in their logs
        assert said.count("DefaultCPUAllocator") == 1
        assert f"{specs[0].title}: RuntimeError" in said
    assert len(list(tmp_path.iterdir())) == times
    assert (outcome[0].status, outcome[1].status) == ("done" if times == 1 else "failed", "done")
    if times == 2:
        assert "DefaultCPUAllocator" in outcome[0].error
        assert "the same happened when the run was tried again alone" in outcome[0].error
        assert "--batch-size" in outcome[0].error


CARD_IS_FULL = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB."


@pytest.mark.parametrize(
    ("make", "error", "times"),
    [
        (InProcessExecutor, torch.OutOfMemoryError(CARD_IS_FULL), 1),
        (partial(PoolExecutor, workers=2), torch.OutOfMemoryError(CARD_IS_FULL), 2),
        (InProcessExecutor, torch.AcceleratorError("CUDA error: out of memory"), 1),
        (InProcessExecutor, RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), 1),
        (InProcessExecutor, RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), 1),
    ],
    ids=["torch", "torch-twice-pool", "driver", "cublas", "cudnn"],
)
def test_a_full_card_is_memory_that_is_short(
    make: Make,
    error: Exception,
    times: int,
    runs: tuple[list[RunSpec], Resources],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With the errors that CUDA raises, from a hook in real workers; no card is filled here."""
    specs, resources = runs
    with make(replace(resources, watch=Hungry(times, tmp_path, error))) as executor:
        outcome = results_by_fold(executor, specs)
    assert len(list(tmp_path.iterdir())) == times
    assert f"{specs[0].title}: {type(error).__name__}: {error}" in capfd.readouterr().err
    assert outcome[1].status == "done"
    if times == 1:
        assert outcome[0].status == "done"
    else:
        assert outcome[0].status == "failed"
        assert CARD_IS_FULL in outcome[0].error
        assert "the same happened when the run was tried again alone" in outcome[0].error


def test_each_card_has_workers_of_its_own_and_keeps_them(runs: tuple[list[RunSpec], Resources]) -> None:
    """Cards of made-up names, which runs for the processor leave alone."""
    specs, resources = runs
    reference = results_by_fold(InProcessExecutor(resources), specs)
    seen: dict[int, str] = {}
    with PoolExecutor(replace(resources, cards=("cuda:0", "cuda:1")), 3) as executor:
        assert [worker.card for worker in executor._crew] == ["cuda:0", "cuda:1", "cuda:0"]
        os.kill(executor._crew[1].process.pid or 0, signal.SIGKILL)

        def look(spec: RunSpec, epoch: EpochRecord) -> bool:
            seen[spec.fold] = next(worker.card for worker in executor._crew if worker.spec is spec)
            return True

        outcome = {spec.fold: result for spec, result in executor.run(specs, look)}
        assert {worker.card for worker in executor._crew} == {"cuda:0"}  # the lost run was tried again alone
        executor._fill()
        assert sorted(worker.card for worker in executor._crew) == ["cuda:0", "cuda:0", "cuda:1"]
    assert set(seen) == {0, 1}
    for fold, result in outcome.items():
        assert np.array_equal(result.probabilities, reference[fold].probabilities)


def killing(executor: PoolExecutor, times: int, killed: list[int]) -> Callable[[RunSpec, EpochRecord], bool]:
    """After the first epoch of fold 0, kill its worker, so many times."""

    def on_epoch(spec: RunSpec, epoch: EpochRecord) -> bool:
        if spec.fold == 0 and len(killed) < times:
            worker = next(one for one in executor._crew if one.spec is spec)
            killed.append(worker.process.pid or 0)
            os.kill(killed[-1], signal.SIGKILL)
        return True

    return on_epoch


def test_the_run_of_a_killed_worker_is_tried_again_with_the_same_bytes(runs: tuple[list[RunSpec], Resources]) -> None:
    specs, resources = runs
    killed: list[int] = []
    reference = results_by_fold(InProcessExecutor(resources), specs)
    half = resources.caches.features / f".half.npy.{socket.gethostname()}.1.tmp"
    half.write_bytes(b"of a process that is gone")
    with PoolExecutor(resources, 1) as executor:
        ended = list(executor.run(specs, killing(executor, 1, killed)))
        assert executor._crew[0].process.pid != killed[0]
    assert not half.exists()
    assert [spec.fold for spec, _ in ended] == [1, 0]  # tried again when the others have ended
    for spec, result in ended:
        assert result.status == "done"
        assert np.array_equal(result.probabilities, reference[spec.fold].probabilities)
        assert len(result.history) == 2
    assert executor._crew == []


def test_a_run_whose_workers_are_killed_twice_fails_and_the_others_go_on(
    runs: tuple[list[RunSpec], Resources], capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    killed: list[int] = []
    with PoolExecutor(resources, 1) as executor:
        outcome = {spec.fold: result for spec, result in executor.run(specs, killing(executor, 2, killed))}
    assert len(killed) == 2
    assert outcome[0].status == "failed"
    assert "was killed (often too little memory); the same happened when the run was tried again" in outcome[0].error
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"{specs[0].title}: The worker process was killed (often too little memory). The run is tried"
    )
    assert outcome[1].status == "done"


def test_an_interrupt_is_no_matter_of_the_workers_not_even_while_they_start(
    runs: tuple[list[RunSpec], Resources], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of the tests' own processes hears the terminal, which that of a command does not."""
    monkeypatch.setattr(fork_server, "_begun", False)
    specs, resources = runs
    with PoolExecutor(resources, 1) as executor:
        (worker,) = executor._crew
        pid = worker.process.pid or 0
        for number in (signal.SIGINT, signal.SIGHUP):  # as a terminal does: to all processes at once
            os.kill(pid, number)
        outcome = {spec.fold: result.status for spec, result in executor.run(specs, go_on)}
        assert worker.process.pid == pid
    assert outcome == {0: "done", 1: "done"}


def test_a_worker_that_dies_while_steps_are_timed_costs_only_the_forecast(
    runs: tuple[list[RunSpec], Resources],
) -> None:
    specs, resources = runs
    with PoolExecutor(resources, 2) as executor:
        os.kill(executor._crew[0].process.pid or 0, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="was killed"):
            executor.measure(specs[0])
        outcome = {spec.fold: result.status for spec, result in executor.run(specs, go_on)}
    assert outcome == {0: "done", 1: "done"}
