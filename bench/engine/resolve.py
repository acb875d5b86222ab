"""Decides weights, precision and device of each backbone, once for a results folder."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backbones.convolutions import NEWEST, Rule
from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.engine.frozen import Frozen, agrees, frozen_in, same_size, unresolved
from bench.engine.weights import Start
from bench.errors import RequestError
from bench.execution.fork_server import Asked
from bench.plan.plan import PlannedBackbone
from bench.plan.spec import Numerics, Steps, Weights

if TYPE_CHECKING:
    from bench.execution.setup import Device


def resolve_backbones(
    experiment: Experiment,
    stored: Experiment | None,
    n_classes: int,
    caches: Caches,
    say: Callable[[str], None],
    started: Mapping[str, Start],
) -> tuple[list[PlannedBackbone], Frozen]:
    """The backbones to plan, and all that are frozen in the folder, these included.

    A backbone that the folder (or the configuration file) has frozen stays as it is, unless the request names other
    weights, precision or device. torch is needed only where something is not resolved yet, and not in this process
    where another has it (`fork_server`). `started`: what `start_backbones` has found for those.

    Raises:
        RequestError: a backbone is no longer what it was when the folder was made.
    """
    frozen = frozen_in(experiment, stored)
    for name in experiment.backbone:
        known = frozen.get(name)
        if unresolved(known, experiment, stored, caches):
            if name not in started:
                raise RequestError(
                    f"The frozen weights of {name} were changed by another process while this one was reading. Give "
                    f"the same command again."
                )
            if started[name].remark:
                say(f"{name}: {started[name].remark}")
            frozen[name] = Asked(_resolve, name, experiment, n_classes, started[name], known).result()
            if known and same_size(experiment, stored) and agrees(known, experiment) and frozen[name] != known:
                raise RequestError(_changed_message(name, known, frozen[name]))
            if frozen[name].note:
                say(f"Warning: {name} starts from random weights. {frozen[name].note}")
        elif known and known.device != "cpu" and not experiment.leaves_machine:
            _require_device(known.device, experiment.device)
        if experiment.recipe.frozen_stages and not frozen[name].weights_digest:
            raise RequestError(
                f"{name} starts from random weights, and frozen stages of these would stay random. Leave out --freeze "
                f"(frozen_stages in a recipe), or give pretrained weights (--weights)."
            )
    planned = [_planned(name, frozen[name], experiment.deterministic) for name in experiment.backbone]
    return planned, frozen


def _require_device(frozen: str, asked: str) -> None:
    from bench.execution.setup import resolve_device

    try:
        resolve_device(frozen)
    except ValueError as error:
        raise RequestError(f"The experiment was frozen for another device. {error}") from error
    try:
        resolve_device(asked)
    except ValueError as error:
        raise RequestError(str(error)) from error


def _changed_message(name: str, known: FrozenBackbone, found: FrozenBackbone) -> str:
    return (
        f"Backbone {name} is not what it was when this folder was made: then {known.weights} weights "
        f"{known.weights_digest or '(random)'} in {known.precision}, now {found.weights_digest or '(random)'} in "
        f"{found.precision}. Use the library versions of that time, or another --results folder."
    )


def _resolve(
    name: str,
    experiment: Experiment,
    n_classes: int,
    start: Start,
    known: FrozenBackbone | None,
) -> FrozenBackbone:
    from backbones.build import build, faster_precision, traits

    found = traits(build(name, n_classes, experiment.pixels.image_size))
    rule, asked = _convolutions(known, start.device), experiment.precision
    return FrozenBackbone(
        weights=start.source,
        weights_digest=start.digest,
        precision=faster_precision(found.depthwise, start.device, rule) if asked == "auto" else asked,
        device=start.device,
        parameters=found.parameters,
        note=start.note,
        convolutions=rule,
        steps=_steps(experiment, known, start.device),
    )


def _steps(experiment: Experiment, known: FrozenBackbone | None, device: "Device") -> Steps:
    """Those of the backbone's other runs in the folder; else recorded ones, which are for CUDA."""
    if experiment.steps != "auto":
        return experiment.steps
    if device != "cuda":
        return "eager"
    return known.steps if known and known.device == "cuda" else "graph"


def _convolutions(known: FrozenBackbone | None, device: "Device") -> Rule:
    """Those of the backbone's other runs in the folder; else the newest rule, which is one for CPUs."""
    if device != "cpu":
        return "torch"
    return known.convolutions if known and known.device == "cpu" else NEWEST


def _planned(name: str, frozen: FrozenBackbone, deterministic: bool) -> PlannedBackbone:
    numerics = Numerics(
        precision=frozen.precision,
        device=frozen.device,
        deterministic=deterministic,
        convolutions=frozen.convolutions,
        steps=frozen.steps,
    )
    return PlannedBackbone(name, Weights(frozen.weights, frozen.weights_digest), numerics)
