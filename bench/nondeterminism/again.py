"""Whether this machine can train a stored run again, and how. Reads results folders, images and caches."""

import os

from bench.cache import Caches
from bench.data.pseudonyms import Pseudonyms
from bench.engine.images import data_request, load_images
from bench.errors import BenchError
from bench.execution.resources import Resources
from bench.nondeterminism.locate import FreshLook, LookHere
from bench.plan.spec import Numerics, RunSpec
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from bench.store.specs import spec_of

_MACHINE = ("python", "torch", "torchvision", "timm", "numpy", "cpu", "gpu", "cuda", "cudnn", "driver")


class NotHereError(BenchError):
    """What the run was made from or with is not here."""


def look_again(run: StoredRun, folder: ResultsFolder, caches: Caches) -> LookHere:
    """The run, under the environment variables that it was trained with; where they are others, in other processes.

    Raises:
        NotHereError: libraries, processor, device, images or weights are others.
        RequestError: the images cannot be read.
    """
    from bench.execution.environment import KEY_VARIABLES

    spec = spec_of(run, folder.cases() or [])
    if spec is None:
        raise NotHereError(f"The cases of {folder.root} are not those that run {run.run_id} was made from.")
    _require_machine(run, spec.numerics)
    resources = _resources(folder, spec, caches)
    wanted = {name: run.record.environment.get(name) for name in KEY_VARIABLES}
    if spec.numerics.device == "cpu":
        del wanted["CUBLAS_WORKSPACE_CONFIG"]
    if all(os.environ.get(name) == value for name, value in wanted.items()):
        return LookHere(spec, resources)
    return FreshLook(spec, resources, wanted)


def _require_machine(run: StoredRun, numerics: Numerics) -> None:
    from bench.execution.environment import environment
    from bench.execution.setup import available_devices

    then = run.record.environment
    if numerics.device not in available_devices():
        raise NotHereError(f"Device {numerics.device} is not on this machine.")
    here = environment(numerics)
    other = [name for name in _MACHINE if then.get(name) != here.get(name)]
    if other:
        text = "; ".join(f"{name} {then.get(name)} there, {here.get(name)} here" for name in other)
        raise NotHereError(f"Run {run.run_id} was made elsewhere: {text}.")


def _resources(folder: ResultsFolder, spec: RunSpec, caches: Caches) -> Resources:
    experiment = folder.experiment()
    assert experiment is not None
    if spec.weights.digest and not (caches.weights / f"{spec.weights.digest}.safetensors").exists():
        raise NotHereError(f"The weights {spec.weights.digest[:10]} are not in the cache.")
    experiment = experiment.model_copy(update={"image_size": spec.pixels.image_size})
    request = data_request(experiment, caches, folder.pseudonyms() or Pseudonyms.fresh())
    dataset = load_images(request, experiment, caches)
    missing = {sample.digest for sample in (*spec.train, *spec.predicted)} - set(dataset.pixels.row)
    if missing:
        raise NotHereError(f"{len(missing)} of the images of {folder.root} have changed since.")
    return Resources(caches, dataset.pixels)
