"""Runs that end at once are stored together: none is told of before it is on the disk, and each is whole or absent."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from bench.config.experiment import FrozenBackbone
from bench.data.images import PixelSettings
from bench.engine.execute import TOGETHER, failures, run_and_store
from bench.errors import WriteError
from bench.execution.executor import Speed
from bench.plan.plan import seeds_of
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, Numerics, OnEpoch, RunResult, RunSpec, Sample, Weights
from bench.store.aside import damage
from bench.store.runs import RunStore

SAMPLES = tuple(Sample(f"{n}.png", "internal", "ab"[n % 2], f"{n:064x}", None) for n in range(20))
SPEC = RunSpec(
    backbone="net",
    weights=Weights("random", ""),
    recipe=Recipe(),
    pixels=PixelSettings(image_size=32),
    numerics=Numerics("fp32"),
    classes=("a", "b"),
    seed=0,
    seeds=seeds_of(0),
    fold=0,
    train=SAMPLES[:10],
    validation=SAMPLES[10:],
)
FROZEN = {
    SPEC.backbone: FrozenBackbone(weights="random", weights_digest="", precision="fp32", device="cpu", parameters=7)
}
SPECS = [replace(SPEC, seed=seed) for seed in range(100)]
EPOCH = EpochRecord(0, "full", 0.7, 0.001, 0.6, 0.5, 0.5, 1.0, 12)


def result(spec: RunSpec) -> RunResult:
    return RunResult("done", np.full((len(spec.predicted), len(spec.classes)), 0.5, dtype=np.float32), (EPOCH,))


@dataclass
class Arriving:
    """An executor whose results arrive in bursts of given sizes; each burst begins with an epoch of its first run."""

    bursts: Sequence[int]
    workers: int = 100
    left: int = 0

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        waiting = iter(specs)
        for burst in self.bursts:
            self.left = burst
            for place in range(burst):
                spec = next(waiting)
                self.left -= 1
                if place == 0:
                    on_epoch(spec, EPOCH)
                yield spec, result(spec)

    def has_more(self) -> bool:
        return self.left > 0

    def measure(self, spec: RunSpec) -> Speed:
        return Speed(1.0, 1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Told:
    """An observer that notes what it is told of, and what was stored then."""

    def __init__(self, store: RunStore) -> None:
        self.store, self.runs, self.stored = store, list[str](), list[int]()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        return True

    def run(self, spec: RunSpec, result: RunResult) -> None:
        assert result.status != "done" or not damage(self.store.root / spec.run_id)
        self.runs.append(spec.run_id)
        self.stored.append(len(self.store.complete()))


def test_a_burst_is_stored_together_and_before_anything_is_waited_for(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    told = Told(store)
    assert failures(run_and_store(Arriving([3, 1, 2]), SPECS[:6], store, FROZEN, told)) == []
    assert told.runs == [spec.run_id for spec in SPECS[:6]]
    assert told.stored == [3, 3, 3, 4, 6, 6]


def test_a_burst_of_many_is_told_of_on_the_way(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    told = Told(store)
    failures(run_and_store(Arriving([len(SPECS)]), SPECS, store, FROZEN, told))
    assert told.stored[0] == TOGETHER
    assert told.stored[-1] == len(SPECS)


def test_a_failed_run_in_a_burst_is_kept_as_one(tmp_path: Path) -> None:
    class SecondFails(Arriving):
        def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
            for spec, found in super().run(specs, on_epoch):
                yield spec, replace(found, status="failed", error="The loss is nan") if spec.seed == 1 else found

    store = RunStore(tmp_path / "runs")
    failed = failures(run_and_store(SecondFails([3]), SPECS[:3], store, FROZEN, Told(store)))
    assert failed == [f"{SPECS[1].title}: The loss is nan"]
    assert {path.name for path in store.root.iterdir()} == {
        SPECS[0].run_id,
        f"{SPECS[1].run_id}.failed",
        SPECS[2].run_id,
    }


def test_of_a_burst_that_cannot_be_stored_whole_there_is_what_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the third run: the two before it are stored, and it is said so."""
    store = RunStore(tmp_path / "runs")
    mkdir = Path.mkdir

    def full(path: Path, *given: Any, **named: Any) -> None:
        if path.name.startswith(f".{SPECS[2].run_id}"):
            raise OSError(28, "No space left on device")
        mkdir(path, *given, **named)

    monkeypatch.setattr(Path, "mkdir", full)
    told = Told(store)
    with pytest.raises(WriteError, match=r"No space left on device\. 2 run\(s\) of this call are stored whole"):
        failures(run_and_store(Arriving([5]), SPECS[:5], store, FROZEN, told))
    assert told.runs == [spec.run_id for spec in SPECS[:2]]
    assert {path.name for path in store.root.iterdir()} == store.complete() == set(told.runs)


def test_what_was_heard_is_stored_when_the_user_interrupts(tmp_path: Path) -> None:
    class Interrupted(Arriving):
        def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
            for spec, found in super().run(specs, on_epoch):
                if spec.seed == 2:
                    raise KeyboardInterrupt
                yield spec, found

    store = RunStore(tmp_path / "runs")
    told = Told(store)
    with pytest.raises(KeyboardInterrupt):
        failures(run_and_store(Interrupted([3]), SPECS[:3], store, FROZEN, told))
    assert store.complete() == set(told.runs) == {spec.run_id for spec in SPECS[:2]}


def work(root: Path, said: Path) -> None:
    """Store bursts for ever; each run that is told of is a line that is written at once."""

    class Aloud(Told):
        def run(self, spec: RunSpec, result: RunResult) -> None:
            os.write(lines, f"{spec.run_id}\n".encode())

    lines, store = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), RunStore(root)
    for first in range(0, 1_000_000, 10):
        specs = [replace(SPEC, seed=seed) for seed in range(first, first + 10)]
        failures(run_and_store(Arriving([7, 3]), specs, store, FROZEN, Aloud(store)))


@pytest.mark.parametrize("moment", range(5))
def test_a_killed_writer_of_bursts_leaves_whole_runs_and_all_that_it_told_of(moment: int, tmp_path: Path) -> None:
    root, said = tmp_path / "runs", tmp_path / "said"
    process = multiprocessing.get_context("fork").Process(target=work, args=(root, said))
    process.start()
    while not said.exists() or said.read_bytes().count(b"\n") < 10 * moment + 7:
        time.sleep(0.001)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    complete, told = RunStore(root).complete(), set(said.read_text().split())
    assert told
    assert told <= complete
    assert [damage(root / name) for name in complete if damage(root / name)] == []
    assert {path.name for path in root.iterdir() if not path.name.startswith(".")} == complete
