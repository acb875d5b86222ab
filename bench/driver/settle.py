"""Settles weights, precision and device of each backbone, once for a results folder. Fills the weight cache."""

from collections.abc import Callable

from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.errors import RequestError
from bench.plan.plan import PlannedBackbone
from bench.plan.spec import Tooling, Weights

Frozen = dict[str, FrozenBackbone]


def settle_backbones(
    experiment: Experiment, stored: Experiment | None, n_classes: int, caches: Caches, say: Callable[[str], None]
) -> tuple[list[PlannedBackbone], Frozen]:
    """The backbones to plan, and all that are frozen in the folder, these included.

    A backbone that the folder (or the configuration file) has frozen stays as it is, unless the request names other
    weights, precision or device. torch is imported only where something is left to settle.

    Raises:
        RequestError: an unknown backbone, weights that cannot be had or do not fit, a device that is not there.
    """
    frozen = (dict(stored.frozen) if stored else {}) | experiment.frozen
    for name in experiment.backbone:
        known = frozen.get(name)
        same_size = stored is None or stored.image_size == experiment.pixels.image_size
        if known is None or not (same_size and _agrees(known, experiment) and _present(known, caches)):
            frozen[name] = _settle(name, experiment, n_classes, caches, known, say)
            if known and same_size and _agrees(known, experiment) and frozen[name] != known:
                raise RequestError(_changed_message(name, known, frozen[name]))
            if frozen[name].note:
                say(f"Warning: {name} starts from random weights. {frozen[name].note}")
        elif known.device != "cpu":
            _require_device(known.device)
    planned = [_planned(name, frozen[name], experiment.deterministic) for name in experiment.backbone]
    return planned, frozen


def _require_device(name: str) -> None:
    from bench.execution.setup import resolve_device

    try:
        resolve_device(name)
    except ValueError as error:
        raise RequestError(f"The experiment was frozen for another device. {error}") from error


def _agrees(known: FrozenBackbone, experiment: Experiment) -> bool:
    weights = {"auto": known.weights, "imagenet": "ImageNet", "random": "random"}.get(experiment.weights)
    return (
        known.weights == weights
        and experiment.precision in ("auto", known.precision)
        and experiment.device in ("auto", known.device)
    )


def _present(known: FrozenBackbone, caches: Caches) -> bool:
    return not known.weights_digest or (caches.weights / f"{known.weights_digest}.safetensors").exists()


def _choice(name: str, asked: str, known: FrozenBackbone | None) -> str:
    """What was decided once holds: `auto` means that."""
    if asked != "auto" or known is None:
        return asked
    if known.weights not in ("ImageNet", "random"):
        raise RequestError(
            f"Backbone {name} was frozen with the weights file {known.weights}, which is no longer in the cache. Give "
            f"its path again (--weights PATH)."
        )
    return {"ImageNet": "imagenet", "random": "random"}[known.weights]


def _changed_message(name: str, known: FrozenBackbone, found: FrozenBackbone) -> str:
    return (
        f"Backbone {name} is not what it was when this folder was made: then {known.weights} weights "
        f"{known.weights_digest or '(random)'} in {known.precision}, now {found.weights_digest or '(random)'} in "
        f"{found.precision}. Use the library versions of that time, or another --results folder."
    )


def _settle(
    name: str,
    experiment: Experiment,
    n_classes: int,
    caches: Caches,
    known: FrozenBackbone | None,
    say: Callable[[str], None],
) -> FrozenBackbone:
    from backbones.build import BackboneError, build, faster_precision, traits, try_size
    from backbones.catalogue import UnknownBackboneError
    from backbones.weights import WeightsUnavailableError, resolve, store_body
    from bench.execution.setup import resolve_device

    choice = _choice(name, experiment.weights, known)
    size = experiment.pixels.image_size
    try:
        device = resolve_device(experiment.device)
        resolved = resolve(name, choice, size)
        model = build(name, n_classes, size, resolved.body)
        try_size(model, name, size)
        found = traits(model)
    except (UnknownBackboneError, BackboneError, WeightsUnavailableError, ValueError) as error:
        raise RequestError(str(error)) from error
    store_body(caches.weights, resolved)
    if resolved.remark:
        say(f"{name}: {resolved.remark}")
    precision = faster_precision(found.depthwise, device) if experiment.precision == "auto" else experiment.precision
    return FrozenBackbone(
        weights=resolved.source,
        weights_digest=resolved.digest,
        precision=precision,
        device=device,
        parameters=found.parameters,
        note=resolved.note,
    )


def _planned(name: str, frozen: FrozenBackbone, deterministic: bool) -> PlannedBackbone:
    tooling = Tooling(precision=frozen.precision, device=frozen.device, deterministic=deterministic)
    return PlannedBackbone(name, Weights(frozen.weights, frozen.weights_digest), tooling)
