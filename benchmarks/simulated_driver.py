"""The real driver and store under simulated workers: prints a line of how far it came and where its time went."""

import io
import os
import pickle
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from bench.config.experiment import FrozenBackbone
from bench.engine.eta import Eta
from bench.engine.execute import Results, run_and_store
from bench.engine.forecast import forecast
from bench.engine.progress import RunProgress
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.store import records, runs
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat
from bench.terminal import Terminal
from benchmarks.shares import Shares
from benchmarks.simulated_runs import PARAMETERS, Size, begin_study
from benchmarks.simulated_workers import SimulatedExecutor
from benchmarks.status import MADE_WITH

PLAN = Size(backbones=20, seeds=100, folds=5, internal=600, external=240)
LENGTH = 19.0  # seconds of a run
MOST = 20.0  # seconds of the driver's work


def drive(workers: int, slow_flush: float) -> None:
    """Work on the plan for as long as `MOST` allows; a flush takes so many seconds more."""
    shares = _timed(slow_flush)
    with tempfile.TemporaryDirectory() as name:
        folder = ResultsFolder(Path(name, "results"))
        with folder.locked(command="bench run") as heartbeat:
            study = begin_study(folder, PLAN)
            executor = SimulatedExecutor(workers, LENGTH, lambda spec: _as_trained(spec, study.result(spec)))
            expected = forecast(executor, study.specs)
            eta = Eta(expected.order, expected.speeds, workers, clock=executor.now)
            frozen = FrozenBackbone(
                weights="random", weights_digest="", precision="fp32", device="cpu", parameters=PARAMETERS
            )
            backbones = {spec.backbone: frozen for spec in study.specs}
            shares.seconds.clear()
            with RunProgress(Terminal(file=io.StringIO()), eta, heartbeat) as progress:
                results = run_and_store(executor, expected.order, folder.runs, backbones, progress)
                done = _as_far_as_it_comes(results, executor)
    took, busy = executor.now(), executor.busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    parts = sorted(shares.seconds.items(), key=lambda part: -part[1])
    told = ", ".join(f"{name} {1e3 * seconds / done:.1f}" for name, seconds in parts)
    print(
        f"{workers:7,d} {done:7,d} {done / took:9.2f} {busy / took:7.1%} {executor.waited / workers / took:9.1%} "
        f"{done / busy:10.1f} {done / executor.processor:11.1f} {memory:5.2f} GiB   {told}",
        flush=True,
    )


def _as_trained(spec: RunSpec, result: RunResult) -> RunResult:
    """With the history and the environment of a real run."""
    seconds, images = LENGTH / spec.all_epochs, len(spec.train)
    epochs = [EpochRecord(one, "full", 1.0, 1e-3, 1.0, 0.5, 0.5, seconds, images) for one in range(spec.all_epochs)]
    return replace(result, history=tuple(epochs), environment=MADE_WITH)


def _as_far_as_it_comes(results: Results, executor: SimulatedExecutor) -> int:
    for number, _ in enumerate(results, 1):
        if executor.busy > MOST or number == PLAN.runs:
            return number
    return 0


def _timed(slow_flush: float) -> Shares:
    """The parts of the driver's work."""
    at_once = os.fsync

    def slowly(file: int) -> None:
        time.sleep(slow_flush)
        at_once(file)

    if slow_flush:
        vars(os)["fsync"] = slowly
    shares = Shares()
    shares.time("flush", (runs, "flush_all"), (runs, "flush"))
    shares.time("Parquet", (pq, "write_table"), (runs, "predictions_table"), (runs, "history_table"))
    shares.time("digests", (records, "file_digest"), (records, "digest_of"))
    shares.time("run.json", (records.RunRecord, "of"), (runs, "write_record"))
    shares.time("folders", (runs.RunStore, "write"), (runs.RunStore, "write_done"))
    shares.time("time left", (RunProgress, "epoch"), (RunProgress, "run"))
    shares.time("heartbeat", (Heartbeat, "tell"))
    shares.time("messages", (pickle, "dumps"), (pickle, "loads"))
    return shares
