"""What a stored run needs to be trained again, and under which variables. Reads images, fills caches."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from bench.cache import Caches
from bench.data.pseudonyms import Pseudonyms
from bench.engine.images import data_request, load_images
from bench.errors import BenchError, listed
from bench.execution.resources import Resources
from bench.execution.variables import KEY_VARIABLES, inherit
from bench.execution.weight_cache import has_weights
from bench.plan.spec import Numerics, RunSpec
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from bench.terminal import Terminal

Variables = Mapping[str, str | None]
"""Of the environment, by name; None: not set."""


class NotHereError(BenchError):
    """What the run was made from or with is not here."""


def stored_resources(
    folder: ResultsFolder, spec: RunSpec, caches: Caches, terminal: Terminal | None = None
) -> Resources:
    """Pixels and weights for a stored run of the folder. terminal: where decoding is shown.

    Raises:
        NotHereError: its device, images or weights are others, or gone.
        RequestError: the images cannot be read.
    """
    require_device(spec.numerics)
    experiment = folder.experiment()
    assert experiment is not None
    if not has_weights(caches.weights, spec.weights.digest):
        raise NotHereError(f"The weights {spec.weights.digest[:10]} are not in the cache, or damaged there.")
    settings = replace(spec.pixels, windows=spec.pixels.windows or tuple(experiment.windows))
    request = data_request(experiment, caches, folder.pseudonyms() or Pseudonyms.fresh())
    dataset = load_images(request, experiment, caches, settings, terminal)
    there = dataset.pixels.row
    if missing := sorted({sample.case_id for sample in (*spec.train, *spec.predicted) if sample.digest not in there}):
        raise NotHereError(
            f"{len(missing)} of the images of {folder.root} have changed since, or are gone: {listed(missing, 3)}."
        )
    return Resources(caches, dataset.pixels)


def require_device(numerics: Numerics) -> None:
    """Raise `NotHereError` where this machine has no such device."""
    from bench.execution.setup import available_devices

    if numerics.device not in available_devices():
        raise NotHereError(f"Device {numerics.device} is not on this machine.")


def recorded_variables(run: StoredRun) -> Variables:
    """Those that change what is computed, as they were when the run was made."""
    wanted = {name: run.record.environment.get(name) for name in KEY_VARIABLES}
    if run.record.environment.get("device") == "cpu":
        del wanted["CUBLAS_WORKSPACE_CONFIG"]
    return wanted


@contextmanager
def variables(wanted: Variables) -> Iterator[None]:
    """Environment variables as processes started inside inherit them."""
    before = {name: os.environ.get(name) for name in wanted}
    inherit(wanted)
    try:
        yield
    finally:
        inherit(before)
