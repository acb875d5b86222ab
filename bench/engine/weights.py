"""The weights and the device that backbones start with: found before there is any image. Fills the weight cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backbones.names import FETCHED
from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.config.options.numerics import DEVICES, kind_of
from bench.engine.adaptation import needs_batch_norm, refuse_no_batch_norm
from bench.engine.frozen import Frozen, frozen_in, unresolved
from bench.errors import RequestError
from bench.execution.fork_server import Asked
from bench.execution.weight_cache import store_weights

if TYPE_CHECKING:
    from bench.execution.setup import Device


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
    frozen = frozen_in(experiment, stored)
    wanted = [name for name in experiment.backbone if unresolved(frozen.get(name), experiment, stored, caches, say)]
    again = stored is None or stored.recipe != experiment.recipe or needs_batch_norm(experiment)
    looked_at = experiment.backbone if again else wanted
    if leave_out is None:
        for name in wanted:
            _refuse_unknown(name)
        return _asked(experiment, frozen, wanted, looked_at, caches)
    started = dict[str, Start]()
    for name in wanted:
        try:
            _refuse_unknown(name)
            started |= _asked(experiment, frozen, [name], [], caches).result()
        except RequestError as error:
            leave_out(name, str(error))
    _asked(experiment, frozen, [], looked_at, caches).result()
    return Asked(dict, started)


def _asked(
    experiment: Experiment, frozen: Frozen, wanted: list[str], looked_at: list[str], caches: Caches
) -> Asked[dict[str, Start]]:
    """Where `wanted` start from; `looked_at` must have the stages that a recipe freezes, and the batch norms that an
    adaptation changes."""
    looked_at = looked_at if experiment.recipe.frozen_stages or needs_batch_norm(experiment) else []
    return Asked(_start_all, wanted, looked_at, experiment, frozen, caches) if wanted or looked_at else Asked(dict)


def _start_all(
    wanted: list[str], looked_at: list[str], experiment: Experiment, frozen: Frozen, caches: Caches
) -> dict[str, Start]:
    started = {name: _start(name, experiment, frozen.get(name), caches) for name in wanted}
    for name in looked_at:
        if experiment.recipe.frozen_stages:
            _refuse_other_stages(name, experiment)
        if needs_batch_norm(experiment):
            refuse_no_batch_norm(name, experiment)
    return started


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
