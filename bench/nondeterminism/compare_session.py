"""`bench nondeterminism --compare A B`. Reads both folders, may train a few steps again; prints."""

from pathlib import Path

import typer

from bench.cache import Caches, user_caches
from bench.data.pseudonyms import Pseudonyms
from bench.driver.prepare import data_request, read_cases
from bench.errors import BenchError, RequestError
from bench.execution.workshop import Workshop
from bench.nondeterminism.compare import Twins, data_differences, differences, twins
from bench.nondeterminism.locate import FreshLook, locate
from bench.plan.spec import RunSpec
from bench.results.folder import ResultsFolder
from bench.results.runs import StoredRun
from bench.results.specs import spec_of
from bench.results.traces import read_trace
from reports.draw_markdown import tables_markdown
from reports.nondeterminism.compare_tables import ComparedRun, compare_tables

_MACHINE = ("python", "torch", "torchvision", "timm", "numpy", "cpu", "gpu", "cuda", "cudnn", "driver")


def compare_folders(a: Path, b: Path) -> int:
    """Explain what differs between two results folders.

    Raises:
        RequestError: one is no results folder, or they have no run in common that should be equal.
    """
    folders = tuple(_folder(path) for path in (a, b))
    one, two = folders
    pairs = twins(one, two)
    if not pairs:
        raise RequestError(
            f"{a} and {b} have no two runs of the same backbone, weights, recipe, seed, fold and image size, so that "
            f"there is nothing that should be equal. {data_differences(one, two)}"
        )
    found = [(each.what, each.a, each.b) for each in differences(pairs)]
    notes = [text for text in (data_differences(one, two),) if text]
    parted = next((pair for pair in pairs if pair.differs), None)
    if parted:
        notes.append(_explained(parted, one, two))
    typer.echo(tables_markdown(compare_tables(found, [_row(pair) for pair in pairs], notes)), nl=False)
    return 0


def _folder(path: Path) -> ResultsFolder:
    folder = ResultsFolder(path.expanduser())
    if not (folder.root / "experiment.toml").is_file():
        raise RequestError(f"{folder.root} is no results folder (--compare). Give two that `bench` wrote.")
    return folder


def _row(pair: Twins) -> ComparedRun:
    spec, where = pair.a.record["spec"], pair.parting
    return ComparedRun(
        spec["backbone"],
        spec["seed"],
        spec["replicate"],
        spec["fold"],
        pair.a.run_id == pair.b.run_id,
        where.step if where else None,
        where.tensor if where else None,
        pair.differing,
        pair.predictions,
        pair.same_bytes,
        pair.traced,
    )


def _explained(pair: Twins, one: ResultsFolder, two: ResultsFolder) -> str:
    """Where the first two runs part, by training both again up to there where this machine can."""
    spec = pair.a.record["spec"]
    name = f"{spec['backbone']} seed {spec['seed']} fold {spec['fold']}"
    if pair.parting is None:
        return f"{name}: no recorded digest differs, the predictions do."
    try:
        looks = _looks(pair, one, two)
    except BenchError as error:
        looks = str(error)
    if isinstance(looks, str):
        return f"{name} parts at step {pair.parting.step}, first in {pair.parting.tensor}. No second look: {looks}"
    found = locate((read_trace(pair.a.folder), read_trace(pair.b.folder)), *looks)
    assert found is not None
    return f"{name} parts at {found.text()}."


def _looks(pair: Twins, one: ResultsFolder, two: ResultsFolder) -> tuple[FreshLook, FreshLook] | str:
    """How to train both again; or why this machine cannot."""
    from bench.execution.environment import KEY_VARIABLES

    if why := _elsewhere(pair.a) or _elsewhere(pair.b):
        return why
    specs: list[RunSpec] = []
    for run, folder in ((pair.a, one), (pair.b, two)):
        spec = spec_of(run, folder.cases() or [])
        if spec is None:
            return f"the cases of {folder.root} are not those that run {run.run_id} was made from."
        specs.append(spec)
    workshop = _workshop(one, specs[0], user_caches())
    if isinstance(workshop, str):
        return workshop
    looks = (
        FreshLook(spec, workshop, {name: run.record["environment"].get(name) for name in KEY_VARIABLES})
        for spec, run in zip(specs, (pair.a, pair.b), strict=True)
    )
    return next(looks), next(looks)


def _elsewhere(run: StoredRun) -> str:
    """What the run was made with that is not here; empty where nothing is."""
    from bench.execution.environment import environment
    from bench.plan.spec import Tooling

    then, tooling = run.record["environment"], Tooling(**run.record["spec"]["tooling"])
    here = environment(tooling) if tooling.device == "cpu" else {}
    if tooling.device != "cpu":
        from bench.execution.setup import available_devices

        if tooling.device not in available_devices():
            return f"device {tooling.device} is not on this machine."
        here = environment(tooling)
    other = [
        f"{name} {then.get(name)} there, {here.get(name)} here" for name in _MACHINE if then.get(name) != here.get(name)
    ]
    return f"run {run.run_id} was made elsewhere ({'; '.join(other)})." if other else ""


def _workshop(folder: ResultsFolder, spec: RunSpec, caches: Caches) -> Workshop | str:
    experiment = folder.experiment()
    assert experiment is not None
    if spec.weights.digest and not (caches.weights / f"{spec.weights.digest}.safetensors").exists():
        return f"the weights {spec.weights.digest[:10]} are not in the cache."
    experiment = experiment.model_copy(update={"image_size": spec.pixels.image_size})
    request = data_request(experiment, caches, folder.pseudonyms() or Pseudonyms.fresh())
    dataset, _, _ = read_cases(request, experiment, caches, None)
    missing = [sample for sample in (*spec.train, *spec.predicted) if sample.digest not in dataset.pixels.row]
    return f"{len(missing)} images have changed since." if missing else Workshop(caches, dataset.pixels)
