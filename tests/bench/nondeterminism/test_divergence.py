"""A fault planted into a real training is found at its step, its phase and its tensor.

Both trainings run in this process, so that faults can be planted; test_command.py has one across processes.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs
from torch import Tensor

from bench.cache import Caches
from bench.execution import training
from bench.execution.batches import training_batches
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun, execute
from bench.execution.watch import Step
from bench.nondeterminism.divergence import Event, Location, divergence
from bench.nondeterminism.probe import probe, trace_until
from bench.nondeterminism.replay import locate
from bench.plan.recipe import Recipe
from bench.plan.spec import RunSpec
from bench.plan.trace import Trace

Fault = Callable[[], AbstractContextManager[Any]]
EPOCHS = 2


@dataclass(frozen=True)
class FaultyLook:
    """A run that is trained with a fault each time."""

    spec: RunSpec
    resources: Resources
    fault: Fault

    def recorded(self) -> Trace:
        with self.fault():
            return execute(self.spec, self.resources, lambda epoch: True).trace

    def trace(self, step: int) -> Trace:
        with self.fault():
            return trace_until(self.spec, self.resources, step)

    def events(self, step: int) -> tuple[Event, ...]:
        with self.fault():
            return probe(self.spec, self.resources, step)


@pytest.fixture(scope="module")
def run(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSpec, Resources]:
    """45 images in batches of 15: three steps an epoch."""
    recipe = Recipe(epochs=EPOCHS, batch_size=15)
    specs, resources = prepare_runs(
        digit_data, Caches(tmp_path_factory.mktemp("caches")), backbone="test_resnet", recipe=recipe
    )
    return replace(specs[0], role="nondeterminism"), resources


@pytest.fixture(scope="module")
def healthy(run: tuple[RunSpec, Resources]) -> Trace:
    """What a run without a fault records."""
    return FaultyLook(*run, nullcontext).recorded()


def found(run: tuple[RunSpec, Resources], healthy: Trace, fault: Fault) -> Location | None:
    a, b = FaultyLook(*run, nullcontext), FaultyLook(*run, fault)
    return locate((healthy, b.recorded()), a, b)


def test_without_a_fault_nothing_parts(run: tuple[RunSpec, Resources], healthy: Trace) -> None:
    assert found(run, healthy, nullcontext) is None


def test_an_unseeded_operation_is_found_in_its_module(
    run: tuple[RunSpec, Resources], monkeypatch: pytest.MonkeyPatch
) -> None:
    build = PreparedRun._build

    @contextmanager
    def noise() -> Iterator[None]:
        entropy = np.random.default_rng()

        def noisy(module: Any, given: Any, output: Tensor) -> Tensor:
            return output + float(entropy.normal(0, 1e-3)) if module.training else output

        def with_noise(self: PreparedRun, trained: bytes | None) -> Any:
            model = build(self, trained)
            model.get_submodule("layer3.0.conv1").register_forward_hook(noisy)
            return model

        monkeypatch.setattr(PreparedRun, "_build", with_noise)
        yield
        monkeypatch.setattr(PreparedRun, "_build", build)

    a, b = FaultyLook(*run, noise), FaultyLook(*run, noise)
    where = locate((a.recorded(), b.recorded()), a, b)
    assert where is not None
    assert (where.step, where.stage, where.epoch) == (1, "full", 0)
    assert (where.part, where.name) == ("forward", "layer3.0.conv1")
    assert where.text().startswith("step 1 (whole model, epoch 0), forward layer3.0.conv1; ")


@contextmanager
def nudged(monkeypatch: pytest.MonkeyPatch, tensor: str, before_step: int) -> Iterator[None]:
    """One weight moves to the next float before a step; 0: where training begins."""

    class Nudge:
        def __init__(self, model: torch.nn.Module) -> None:
            self.model, self.left = model, before_step

        def before_step(self, step: Step) -> None:
            self.left -= 1
            if self.left == 0:
                nudge(self.model)

        def after_step(self, step: Step, loss: Tensor) -> None:
            pass

    def nudge(model: torch.nn.Module) -> None:
        with torch.no_grad():
            weights = model.get_parameter(tensor)
            first = (0,) * weights.dim()
            weights[first] = torch.nextafter(weights[first], torch.tensor(float("inf")))

    build, train_all = PreparedRun._build, PreparedRun.train_all

    def nudged_build(self: PreparedRun, trained: bytes | None) -> Any:
        model = build(self, trained)
        if not before_step:
            nudge(model)
        return model

    def watched_train(self: PreparedRun, on_epoch: Any) -> None:
        self.watches = (Nudge(self.model), *self.watches)
        train_all(self, on_epoch)

    monkeypatch.setattr(PreparedRun, "_build", nudged_build)
    monkeypatch.setattr(PreparedRun, "train_all", watched_train)
    yield
    monkeypatch.setattr(PreparedRun, "_build", build)
    monkeypatch.setattr(PreparedRun, "train_all", train_all)


def test_one_bit_of_one_initial_weight(
    run: tuple[RunSpec, Resources], healthy: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = found(run, healthy, lambda: nudged(monkeypatch, "layer2.0.conv2.weight", 0))
    assert where is not None
    assert (where.step, where.stage, where.tensor, where.tensors) == (0, "start", "layer2.0.conv2.weight", 1)
    assert "before step 1, the initial weights, first layer2.0.conv2.weight (1 of" in where.text()


def test_one_bit_of_one_weight_in_the_middle_of_training(
    run: tuple[RunSpec, Resources], healthy: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = found(run, healthy, lambda: nudged(monkeypatch, "layer4.0.bn1.weight", 5))
    assert where is not None
    assert (where.step, where.epoch) == (5, 1)
    assert (where.part, where.name) == ("weights", "layer4.0.bn1.weight")
    assert "the weights before the step layer4.0.bn1.weight" in where.text()


def test_a_step_between_two_recorded_ones_is_found(
    run: tuple[RunSpec, Resources], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of other roles record the first step and each epoch alone."""
    spec, resources = run
    main = replace(spec, role="main")
    recorded = FaultyLook(main, resources, nullcontext).recorded()
    where = found((main, resources), recorded, lambda: nudged(monkeypatch, "layer4.0.bn1.weight", 5))
    assert where is not None
    assert (where.step, where.part, where.name) == (5, "weights", "layer4.0.bn1.weight")


def test_another_order_of_the_data_is_found_in_the_batch(
    run: tuple[RunSpec, Resources], healthy: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def swapped() -> Iterator[None]:
        def other(n: int, size: int, seed: int, phase: str, epoch: int) -> Iterator[Any]:
            batches = list(training_batches(n, size, seed, phase, epoch))
            if epoch == 1:
                batches[1], batches[2] = batches[2], batches[1]
            return iter(batches)

        monkeypatch.setattr(training, "training_batches", other)
        yield
        monkeypatch.setattr(training, "training_batches", training_batches)

    where = found(run, healthy, swapped)
    assert where is not None
    assert (where.step, where.epoch, where.part) == (5, 1, "data")
    assert "step 5 (whole model, epoch 1), the batch; " in where.text()


def test_the_update_is_told_from_the_gradients(
    run: tuple[RunSpec, Resources], healthy: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.execution.optimisation import Optimisation

    update = Optimisation.update

    @contextmanager
    def other_update() -> Iterator[None]:
        def bent(self: Optimisation, loss: Tensor) -> None:
            update(self, loss)
            with torch.no_grad():
                self.optimiser.param_groups[0]["params"][-1].mul_(1 + 2**-20)

        monkeypatch.setattr(Optimisation, "update", bent)
        yield
        monkeypatch.setattr(Optimisation, "update", update)

    where = found(run, healthy, other_update)
    assert where is not None
    assert (where.step, where.part) == (1, "optimizer")
    assert where.name == where.tensor


def test_two_threads_part_from_one_at_the_first_step(run: tuple[RunSpec, Resources]) -> None:
    whole, resources = run
    spec = replace(whole, recipe=whole.recipe.model_copy(update={"epochs": 1}))
    other = replace(spec, numerics=replace(spec.numerics, threads=2))
    a, b = FaultyLook(spec, resources, nullcontext), FaultyLook(other, resources, nullcontext)
    where = locate((a.recorded(), b.recorded()), a, b)
    torch.set_num_threads(1)
    assert where is not None
    assert where.step == 1
    assert where.part in ("forward", "backward")
    assert where.name


def test_digests_do_not_depend_on_the_layout_but_on_every_bit(run: tuple[RunSpec, Resources]) -> None:
    from bench.execution.digests import digest

    values = torch.randn(4, 3, 5, 5)
    assert digest(values) == digest(values.to(memory_format=torch.channels_last))
    assert digest(values) != digest(values.transpose(2, 3).contiguous())
    for place in (0, 77, 299):
        other = values.clone()
        other.view(-1)[place] = torch.nextafter(other.view(-1)[place], torch.tensor(9.0))
        assert digest(other) != digest(values)
    seen = {digest(torch.tensor([n], dtype=torch.int64)) for n in range(1000)}
    assert len(seen) == 1000
    assert digest(torch.zeros(0)) == digest(torch.zeros(0))
    assert digest(torch.tensor(1.0)) != digest(torch.tensor(-1.0))


def test_partings_by_hand() -> None:
    from bench.plan.trace import TracePoint

    def trace(*digests: tuple[int, int]) -> Trace:
        return tuple(TracePoint("full", 0, step, ("a", "b"), pair) for step, pair in enumerate(digests, 1))

    assert divergence(trace((1, 2), (3, 4)), trace((1, 2), (3, 4))) is None
    where = divergence(trace((1, 2), (3, 4), (5, 6)), trace((1, 2), (3, 9), (0, 0)))
    assert where is not None
    assert (where.step, where.after, where.tensor, where.tensors, where.of) == (2, 1, "b", 1, 2)
    assert divergence(trace((1, 2)), trace((1, 2), (7, 7))) is None  # a step that only one has says nothing
