"""Replays one training step: every module's output, every gradient and every update, as digests."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from torch import Tensor, nn

from bench.execution.digests import digest
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.execution.training import StoppedError
from bench.execution.watch import Recorder, Step
from bench.nondeterminism.divergence import Event, Part
from bench.plan.spec import RunSpec
from bench.plan.trace import Trace


def probe(spec: RunSpec, resources: Resources, step: int) -> tuple[Event, ...]:
    """Train up to a step (counted over the whole run) and record what it computes; nothing where there is no such."""
    watch = _Probe(step)
    _train_under(watch, spec, resources)
    return tuple(watch.events)


def trace_until(spec: RunSpec, resources: Resources, step: int) -> Trace:
    """Digests of the weights after every step up to this one."""
    run = PreparedRun(spec, resources)
    recorder = Recorder(run.model, first_steps=step)
    _train(run, recorder, _StopAt(step))
    return recorder.trace


def _train_under(watch: "_Probe", spec: RunSpec, resources: Resources) -> None:
    _train(PreparedRun(spec, resources), watch)


def _train(run: PreparedRun, *watches: "Recorder | _Probe | _StopAt") -> None:
    run.watches = watches
    try:
        run.train_all(lambda epoch: True)
    except StoppedError:
        return


class _StopAt:
    def __init__(self, step: int) -> None:
        self._left = step

    def before_step(self, step: Step) -> None:
        pass

    def after_step(self, step: Step, loss: Tensor) -> None:
        self._left -= 1
        if not self._left:
            raise StoppedError


class _Probe:
    """Puts hooks on the module for one step, then ends the training."""

    def __init__(self, step: int) -> None:
        self._wanted, self._done = step, 0
        self.events: list[Event] = []
        self._hooks: list[Any] = []

    def before_step(self, step: Step) -> None:
        self._done += 1
        if self._done != self._wanted:
            return
        for name, tensor in step.module.state_dict().items():
            self._note("weights", name, tensor)
        self._hooks.append(
            step.module.register_forward_pre_hook(lambda module, given: self._note("data", "batch", given))
        )
        for name, module in step.module.named_modules():
            self._hooks.append(module.register_forward_hook(self._output(name or "output")))
        for name, parameter in step.module.named_parameters():
            if parameter.requires_grad:
                self._hooks.append(
                    cast(Any, parameter).register_post_accumulate_grad_hook(partial(self._gradient, name))
                )

    def after_step(self, step: Step, loss: Tensor) -> None:
        if self._done != self._wanted:
            return
        for hook in self._hooks:
            hook.remove()
        loss_comes = next((n for n, event in enumerate(self.events) if event.part == "backward"), len(self.events))
        self.events.insert(loss_comes, Event("forward", "loss", digest(loss)))
        for name, parameter in step.module.named_parameters():
            for key, tensor in sorted(step.optimiser.state.get(parameter, {}).items()):
                self._note("optimizer", f"{name} ({key})", tensor)
            self._note("optimizer", name, parameter)
        raise StoppedError

    def _output(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        return lambda module, given, output: self._note("forward", name, output)

    def _gradient(self, name: str, parameter: Tensor) -> None:
        self._note("backward", name, parameter.grad)

    def _note(self, part: Part, name: str, value: Any) -> None:
        for tensor in value if isinstance(value, tuple | list) else [value]:
            if isinstance(tensor, Tensor):
                self.events.append(Event(part, name, digest(tensor)))
