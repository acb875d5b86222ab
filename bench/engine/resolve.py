"""Decides weights, precision and device of each backbone, once for a results folder. Fills the weight cache."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backbones.convolutions import NEWEST, Rule
from backbones.names import FETCHED
from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.config.options.numerics import DEVICES, kind_of
from bench.errors import RequestError
from bench.execution.fork_server import Asked
from bench.execution.weight_cache import has_weights, store_weights
from bench.plan.plan import PlannedBackbone
from bench.plan.spec import Numerics, Steps, Weights

if TYPE_CHECKING:
    from bench.execution.setup import Device

Frozen = dict[str, FrozenBackbone]


@dataclass(frozen=True)
class Start:
    """Where a backbone starts from and runs, as `ResolvedWeights` has it but for the tensors, which are in the cache:
    there may be hundreds of backbones, and this process may have no torch."""

    source: str
    digest: str
    note: str
    remark: str
    device: "Device"


def start_backbones(
    experiment: Experiment,
    stored: Experiment | None,
    caches: Caches,
    say: Callable[[str], None],
    leave_out: Callable[[str, str], None] | None = None,
) -> Asked[dict[str, Start]]:
    """What can be found out about the backbones that are not resolved yet without any image; these can be read
    meanwhile.

    leave_out: is told, before this returns, of each that cannot be had and why, which is no error then.

    Raises:
        RequestError: here, or from what is asked: an unknown backbone, weights that cannot be had or do not fit, a
            device that is not there, an image size that an architecture does not take.
    """
    frozen = _frozen(experiment, stored)
    wanted = [name for name in experiment.backbone if _unresolved(frozen.get(name), experiment, stored, caches, say)]
    staged = experiment.backbone if stored is None or stored.recipe != experiment.recipe else wanted
    if leave_out is None:
        for name in wanted:
            _refuse_unknown(name)
        return _asked(experiment, frozen, wanted, staged, caches)
    started = dict[str, Start]()
    for name in wanted:
        try:
            _refuse_unknown(name)
            started |= _asked(experiment, frozen, [name], [], caches).result()
        except RequestError as error:
            leave_out(name, str(error))
    _asked(experiment, frozen, [], staged, caches).result()
    return Asked(dict, started)


def _asked(
    experiment: Experiment, frozen: Frozen, wanted: list[str], staged: list[str], caches: Caches
) -> Asked[dict[str, Start]]:
    """Where `wanted` start from; `staged` are looked at for the frozen stages that a recipe has."""
    staged = staged if experiment.recipe.frozen_stages else []
    return Asked(_start_all, wanted, staged, experiment, frozen, caches) if wanted or staged else Asked(dict)


def _start_all(
    wanted: list[str], staged: list[str], experiment: Experiment, frozen: Frozen, caches: Caches
) -> dict[str, Start]:
    started = {name: _start(name, experiment, frozen.get(name), caches) for name in wanted}
    for name in staged:
        _refuse_other_stages(name, experiment)
    return started


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
    frozen = _frozen(experiment, stored)
    for name in experiment.backbone:
        known = frozen.get(name)
        same_size = _same_size(experiment, stored)
        if _unresolved(known, experiment, stored, caches):
            if name not in started:
                raise RequestError(
                    f"The frozen weights of {name} were changed by another process while this one was reading. Give "
                    f"the same command again."
                )
            if started[name].remark:
                say(f"{name}: {started[name].remark}")
            frozen[name] = Asked(_resolve, name, experiment, n_classes, started[name], known).result()
            if known and same_size and _agrees(known, experiment) and frozen[name] != known:
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


def _frozen(experiment: Experiment, stored: Experiment | None) -> Frozen:
    return (dict(stored.frozen) if stored else {}) | experiment.frozen


def _same_size(experiment: Experiment, stored: Experiment | None) -> bool:
    return stored is None or stored.image_size == experiment.pixels.image_size


def _unresolved(
    known: FrozenBackbone | None,
    experiment: Experiment,
    stored: Experiment | None,
    caches: Caches,
    say: Callable[[str], None] | None = None,
) -> bool:
    return known is None or not (
        _same_size(experiment, stored)
        and _agrees(known, experiment)
        and has_weights(caches.weights, known.weights_digest, say)
    )


def _refuse_unknown(name: str) -> None:
    """timm, whose import takes seconds, is asked only about names that its sources do not have."""
    from backbones.names import is_elsewhere, registered_names

    if is_elsewhere(name) or name.partition(".")[0] in registered_names():
        return
    from backbones.names import UnknownBackboneError, check_name

    try:
        check_name(name)
    except UnknownBackboneError as error:
        raise RequestError(str(error)) from None


def _refuse_other_stages(name: str, experiment: Experiment) -> None:
    from backbones.build import BackboneError, create
    from backbones.stages import divide

    size = experiment.pixels.image_size
    try:
        divide(create(name, 2, size), name, experiment.recipe.frozen_stages, size)
    except BackboneError as error:
        raise RequestError(str(error)) from error


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


def _agrees(known: FrozenBackbone, experiment: Experiment) -> bool:
    weights = {"auto": (known.weights,), "imagenet": FETCHED, "random": ("random",)}.get(experiment.weights, ())
    return (
        known.weights in weights
        and experiment.precision in ("auto", known.precision)
        and kind_of(experiment.device) in ("auto", known.device)
        and experiment.steps in ("auto", known.steps)
    )


def _choice(name: str, asked: str, known: FrozenBackbone | None) -> str:
    """What was decided once holds: `auto` means that."""
    if asked != "auto" or known is None:
        return asked
    if known.weights not in (*FETCHED, "random"):
        raise RequestError(
            f"Backbone {name} was frozen with the weights file {known.weights}, which is no longer in the cache. Give "
            f"its path again (--weights PATH)."
        )
    return "random" if known.weights == "random" else "imagenet"


def _changed_message(name: str, known: FrozenBackbone, found: FrozenBackbone) -> str:
    return (
        f"Backbone {name} is not what it was when this folder was made: then {known.weights} weights "
        f"{known.weights_digest or '(random)'} in {known.precision}, now {found.weights_digest or '(random)'} in "
        f"{found.precision}. Use the library versions of that time, or another --results folder."
    )


def _start(name: str, experiment: Experiment, known: FrozenBackbone | None, caches: Caches) -> Start:
    from backbones.build import BackboneError, create, load_body, try_size
    from backbones.names import UnknownBackboneError
    from backbones.weights import WeightsUnavailableError, resolve

    choice = _choice(name, experiment.weights, known)
    size = experiment.pixels.image_size
    try:
        device = resolved_device(experiment)
        if experiment.steps == "graph" and device != "cuda":
            raise ValueError(f"--steps graph records steps on a GPU with CUDA, and this is {device}. Leave it out.")
        model = create(name, 2, size)
        try_size(model, name, size)
        resolved = resolve(name, choice, size)
        if resolved.body is not None:
            load_body(model, resolved.body)
            store_weights(caches.weights, resolved)
        return Start(resolved.source, resolved.digest, resolved.note, resolved.remark, device)
    except (UnknownBackboneError, BackboneError, WeightsUnavailableError, ValueError) as error:
        raise RequestError(str(error)) from error


def resolved_device(experiment: Experiment) -> "Device":
    """The device of runs. Whether other machines have the one that is asked for is not known here.

    Raises:
        ValueError: this machine does the work, and does not have it.
    """
    from bench.execution.setup import resolve_device

    asked = kind_of(experiment.device)
    named = next((name for name in DEVICES if name == asked), None)
    return named if named and experiment.leaves_machine else resolve_device(experiment.device)


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
