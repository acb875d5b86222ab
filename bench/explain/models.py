"""The trained models of stored runs: kept beside them, or trained again. Fills the weight cache."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backbones.names import FETCHED
from bench.config.experiment import Experiment
from bench.engine.execute import executor_here
from bench.errors import BenchError, RequestError
from bench.execution.resources import Resources
from bench.execution.weight_cache import has_weights, store_weights
from bench.explain.task import Explained, ExplainTask
from bench.plan.spec import RunResult, RunSpec
from bench.store.digests import CHANGED
from bench.store.json_files import DamagedError
from bench.store.records import MODEL
from bench.store.runs import StoredRun

Run = tuple[StoredRun, RunSpec]
SMALL_DIFFERENCE = 0.05


def trained_models(
    runs: Sequence[Run],
    experiment: Experiment,
    resources: Resources,
    keep: Callable[[StoredRun, bytes], None],
    say: Callable[[str], None],
) -> Iterator[tuple[StoredRun, RunSpec, bytes]]:
    """Each run with its model: the kept ones first, then those trained again, which `keep` is given as well.

    Raises:
        RequestError: the weights that a model started from are gone.
        BenchError: a kept model was changed, training failed, or gave other predictions than are stored.
    """
    missing: list[Run] = []
    for run, spec in runs:
        try:
            model = run.model()
        except DamagedError:
            raise BenchError(_unusable(run, CHANGED)) from None
        if model is None:
            missing.append((run, spec))
        else:
            yield run, spec, model
    if not missing:
        return
    say(f"{len(missing)} of {len(runs)} models were not kept and are trained again as they were.")
    of_spec = {spec.run_id: run for run, spec in missing}
    specs = [spec for _, spec in missing]
    _require_weights(specs[0], resources, say)
    with executor_here(experiment, replace(resources, keep_models=True), specs) as executor:
        for spec, result in executor.run(specs, lambda spec, record: True):
            run = of_spec[spec.run_id]
            _refuse_other(run, spec, result)
            keep(run, result.model)
            yield run, spec, result.model


def explained(run: StoredRun, task: ExplainTask, resources: Resources) -> Explained:
    """What the task gives.

    Raises:
        NoSpatialLayerError: the architecture has no layer to explain it by.
        BenchError: the stored model cannot be used.
    """
    from backbones.build import BackboneError
    from backbones.cam_layers import NoSpatialLayerError
    from bench.explain.maps import explain

    try:
        return explain(task, resources)
    except NoSpatialLayerError:
        raise
    except BackboneError as error:
        raise BenchError(_unusable(run, str(error))) from error


def _unusable(run: StoredRun, why: str) -> str:
    return f"{run.folder / MODEL} cannot be used: {why}. Delete it; bench explain then trains the run again."


def differs(run: StoredRun, spec: RunSpec, found: NDArray[np.float32]) -> bool:
    """Whether the predictions of a kept model are not bit for bit those stored.

    Raises:
        BenchError: they are far apart, so that the file has been changed.
    """
    stored = run.probabilities()
    apart = float(np.abs(stored - found).max(initial=0.0))
    if apart > SMALL_DIFFERENCE:
        raise BenchError(_unusable(run, f"its predictions differ from the stored ones by up to {apart:.2f}"))
    return not np.array_equal(stored, found)


def _refuse_other(run: StoredRun, spec: RunSpec, result: RunResult) -> None:
    if result.status != "done":
        raise BenchError(f"The model of {spec.title} was not kept, and training it again failed: {result.error}")
    stored = run.probabilities()
    if np.array_equal(stored, result.probabilities):
        return
    then = run.record.environment
    changed = [
        f"{key} {then[key]} then, {now} now" for key, now in result.environment.items() if then.get(key, now) != now
    ]
    raise BenchError(
        f"The model of {spec.title} was not kept, and training it again gave other predictions than are stored "
        f"({int((stored != result.probabilities).any(axis=1).sum())} of {len(stored)} cases). "
        f"{'; '.join(changed) or 'The machine and its libraries seem the same'}. Explain it where it was trained, or "
        f"train it anew with --save-models into another --results folder."
    )


def _require_weights(spec: RunSpec, resources: Resources, say: Callable[[str], None]) -> None:
    from backbones.build import BackboneError
    from backbones.weights import WeightsUnavailableError, resolve

    if has_weights(resources.caches.weights, spec.weights.digest, say):
        return
    try:
        if spec.weights.source in FETCHED:
            resolved = resolve(spec.backbone, "imagenet", spec.pixels.image_size)
            if resolved.digest == spec.weights.digest:
                store_weights(resources.caches.weights, resolved)
                return
    except (BackboneError, WeightsUnavailableError) as error:
        raise RequestError(f"Models of {spec.backbone} were not kept and cannot be trained again. {error}") from error
    raise RequestError(
        f"Models of {spec.backbone} were not kept and cannot be trained again: the weights they started from "
        f"({spec.weights.source}) are no longer in the cache. Give the bench run command again, which brings them back."
    )
