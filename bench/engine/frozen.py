"""What a results folder has decided of its backbones, and whether that still holds."""

from collections.abc import Callable

from backbones.names import FETCHED
from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.config.options.numerics import kind_of
from bench.execution.weight_cache import has_weights

Frozen = dict[str, FrozenBackbone]


def frozen_in(experiment: Experiment, stored: Experiment | None) -> Frozen:
    """What the folder has decided, over which goes what the request's own file says."""
    return (dict(stored.frozen) if stored else {}) | experiment.frozen


def unresolved(
    known: FrozenBackbone | None,
    experiment: Experiment,
    stored: Experiment | None,
    caches: Caches,
    say: Callable[[str], None] | None = None,
) -> bool:
    """Whether a backbone is to be decided, since nothing is, or asked otherwise, or its weights are not in the cache.

    say: is told of weights in the cache that are damaged.
    """
    return known is None or not (
        same_size(experiment, stored)
        and agrees(known, experiment)
        and has_weights(caches.weights, known.weights_digest, say)
    )


def same_size(experiment: Experiment, stored: Experiment | None) -> bool:
    """Whether the images are as large as the folder's, if there is one."""
    return stored is None or stored.image_size == experiment.pixels.image_size


def agrees(known: FrozenBackbone, experiment: Experiment) -> bool:
    """Whether what was decided is what is asked for: the same weights, precision, kind of device and steps."""
    weights = {"auto": (known.weights,), "imagenet": FETCHED, "random": ("random",)}.get(experiment.weights, ())
    return (
        known.weights in weights
        and experiment.precision in ("auto", known.precision)
        and kind_of(experiment.device) in ("auto", known.device)
        and experiment.steps in ("auto", known.steps)
    )
