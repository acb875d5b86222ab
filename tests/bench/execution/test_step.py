"""Training steps that are recorded once and replayed. In the place of CUDA graphs there is a tape (tests/tape.py)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from execution_runs import prepare_runs
from tape import NoRecorder, TapeRecorder
from torch import Tensor, nn

from bench.cache import Caches
from bench.execution import step
from bench.execution.optimisation import Optimisation
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun, execute
from bench.execution.step import WARM_UP, TrainingStep
from bench.execution.watch import Recorder
from bench.plan.recipe import Recipe
from bench.plan.spec import Precision, RunSpec
from bench.plan.trace import Trace

EPOCHS = 6
Trained = tuple[bytes, Trace]


@pytest.fixture
def runs(digit_data: Path, caches: Caches) -> tuple[list[RunSpec], Resources]:
    recipe = Recipe(epochs=EPOCHS, batch_size=16, augmentation="light")
    return prepare_runs(digit_data, caches, recipe=recipe)


def trained(run: PreparedRun) -> Trained:
    """Predictions, and digests of the weights after every step."""
    watch = Recorder(run.model, first_steps=1000)
    run.watches = (watch,)
    run.train_all(lambda epoch: True)
    return run.predict().tobytes(), watch.trace


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_replayed_steps_give_the_bytes_of_computed_ones(
    runs: tuple[list[RunSpec], Resources], precision: Precision
) -> None:
    """Every step: batches of two sizes, a learning rate that changes, images that are augmented, batch norm."""
    (spec, _), resources = runs
    spec = replace(spec, numerics=replace(spec.numerics, precision=precision))
    computed, replayed = PreparedRun(spec, resources), PreparedRun(spec, resources)
    computed.recorder, replayed.recorder = NoRecorder(computed.model), TapeRecorder(replayed.model)
    expected, found = trained(computed), trained(replayed)
    full, rest = divmod(len(spec.train), 16)
    assert rest > 1
    tape = replayed.recorder
    assert len(tape.tapes) == 2  # once for each size
    assert tape.computed == 2 * WARM_UP
    assert tape.replays == EPOCHS * (full + 1) - 2 * WARM_UP
    assert found == expected


def test_runs_are_as_before_where_nothing_is_recorded(runs: tuple[list[RunSpec], Resources]) -> None:
    """A processor records nothing, whatever the numerics say; close to it is what a recorded learning rate gives."""
    (spec, _), resources = runs
    plain = PreparedRun(spec, resources)
    asked = PreparedRun(replace(spec, numerics=replace(spec.numerics, steps="graph")), resources)
    assert asked.recorder is None
    expected = trained(plain)
    assert trained(asked) == expected
    close = PreparedRun(spec, resources)
    close.recorder = TapeRecorder(close.model)
    trained(close)
    assert abs(close.predict() - plain.predict()).max() < 1e-3


def small(recorder_of: Callable[[nn.Module], TapeRecorder]) -> tuple[TrainingStep, TapeRecorder, nn.Module]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    optimisation = Optimisation(model, Recipe(), 100, torch.device("cpu"), recorded=True)
    recorder = recorder_of(model)
    take = TrainingStep(
        model, nn.CrossEntropyLoss(), optimisation, torch.autocast("cpu", torch.bfloat16, enabled=False), recorder
    )
    return take, recorder, model


def batch(number: int, size: int = 8) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(number)
    return torch.randn(size, 3, generator=generator), torch.randint(0, 2, (size,), generator=generator)


def test_what_cannot_be_recorded_is_computed_and_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(step, "_said", set())
    weights = []
    for kind in (NoRecorder, NoRecorder, TapeRecorder):
        take, _, model = small(kind)
        losses = [float(take(*batch(number))) for number in range(10)]
        weights.append([*losses, *(tensor.tolist() for tensor in model.state_dict().values())])
    assert weights[0] == weights[1] == weights[2]
    said = capsys.readouterr().err
    assert said.count("cannot be recorded on this card") == 1
    assert "(operation not permitted when stream is capturing)" in said


def test_a_card_that_is_full_is_no_reason_to_compute_otherwise() -> None:
    """The run fails then, and is tried again alone, to the same bytes."""

    class Full(TapeRecorder):
        def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")

    take, _, _ = small(Full)
    for number in range(WARM_UP):
        take(*batch(number))
    with pytest.raises(torch.OutOfMemoryError):
        take(*batch(WARM_UP))


def test_hooks_are_called_since_such_steps_are_not_replayed() -> None:
    take, recorder, model = small(TapeRecorder)
    plain, _, other = small(NoRecorder)
    seen = list[int]()
    for number in range(8):
        hook = model[0].register_forward_hook(lambda *_: seen.append(1)) if number in (1, 6) else None
        assert float(take(*batch(number))) == float(plain(*batch(number)))
        if hook:
            hook.remove()
    assert len(seen) == 2
    assert recorder.replays == 8 - WARM_UP - 1
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), other.parameters(), strict=True))


def test_a_loss_that_is_not_finite_ends_a_recorded_run_at_its_step(runs: tuple[list[RunSpec], Resources]) -> None:
    (spec, _), resources = runs
    hot = replace(spec, recipe=spec.recipe.model_copy(update={"lr": 1e30, "warmup": 0.0}))
    plain = execute(hot, resources, lambda epoch: True)
    run = PreparedRun(hot, resources)
    run.recorder = TapeRecorder(run.model)
    with pytest.raises(ArithmeticError, match=r"epoch 0, step [23]") as caught:
        trained(run)
    assert str(caught.value) == plain.error
