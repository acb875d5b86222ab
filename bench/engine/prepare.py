"""From a request to a checked plan. Reads images and the results folder; writes nothing but caches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.config.recipe_file import overlap
from bench.data import cases as case_table
from bench.data.copies import CopyPair, copies_among
from bench.data.few_patients import why_few_patients
from bench.data.load import Dataset, load_dataset
from bench.data.options import ReadOptions
from bench.data.pixels import Progress
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.engine.leakage_check import pass_gate
from bench.engine.resolve import Frozen, Start, settle_backbones
from bench.errors import RequestError
from bench.execution.resources import Workshop
from bench.folds.check import check_folds
from bench.folds.draw import TooFewToSplit, draw_folds
from bench.folds.leaks import Leak, grouped
from bench.folds.table import FoldTable
from bench.plan.identity import run_id
from bench.plan.plan import plan_runs
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder
from bench.version import __version__

CHOICES = ("auto", "imagenet", "random")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is to be done: all runs by id, those not stored yet, and what the folder will say of them."""

    experiment: Experiment
    dataset: Dataset
    folds: FoldTable
    runs: dict[str, RunSpec]
    pending: dict[str, RunSpec]
    workshop: Workshop
    folder_state: str
    pseudonyms: Pseudonyms
    leaks: list[Leak]


def read_cases(
    request: DataRequest, experiment: Experiment, caches: Caches, on_decoded: Progress | None, say: Say | None = None
) -> tuple[Dataset, list[case_table.Case], list[CopyPair]]:
    """The cases asked for, with copies held together where that is wanted; the cases as read; and their copies."""
    dataset = load_dataset(
        request,
        experiment.pixels,
        caches,
        renaming=experiment.classes,
        declared=experiment.class_order,
        skip_unreadable=experiment.skip_unreadable,
        max_pixels=experiment.max_pixels,
        on_done=on_decoded,
        say=say,
    )
    copies = copies_among(dataset.cases, dataset.pixels, dataset.settings, caches.pixels)
    cases = grouped(dataset.cases, copies) if experiment.group_duplicates else dataset.cases
    return replace(dataset, cases=cases), dataset.cases, copies


def prepare(
    experiment: Experiment,
    folder: ResultsFolder,
    caches: Caches,
    say: Say,
    started: Mapping[str, Start],
    on_decoded: Progress | None = None,
) -> Plan:
    """Read and check everything that the request names. `started`: as `look_ahead` gives it.

    Raises:
        RequestError: anything about the request is wrong.
    """
    state = folder.state()
    pseudonyms = folder.pseudonyms() or Pseudonyms.fresh()
    request = data_request(experiment, caches, pseudonyms)
    dataset, as_read, copies = read_cases(request, experiment, caches, on_decoded, say)
    folder.refuse_other_data(dataset.cases, dataset.classes)
    for entry in dataset.passed_over:
        say(entry.line())
    if experiment.tuned and not overlap(experiment, (case.digest for case in dataset.cases)):
        say(f"The recipe was tuned by study {experiment.tuned.study} on other cases than these: its rows are ranked.")
    folds = settled_folds(experiment, folder, dataset.cases)
    leaks = pass_gate(experiment, as_read, copies, folds, say)
    backbones, frozen = settle_backbones(experiment, folder.experiment(), len(dataset.classes), caches, say, started)
    specs = plan_runs(
        dataset.cases, folds, dataset.classes, backbones, experiment.seeds, experiment.recipe, dataset.settings
    )
    runs = {run_id(spec): spec for spec in specs}
    complete = folder.runs.complete()
    pending = {name: spec for name, spec in runs.items() if name not in complete}
    settled = resolved(experiment, dataset.classes, frozen)
    workshop = Workshop(caches, dataset.pixels, experiment.save_models)
    return Plan(settled, dataset, folds, runs, pending, workshop, state, pseudonyms, leaks)


def resolved(experiment: Experiment, classes: tuple[str, ...], frozen: Frozen) -> Experiment:
    """With absolute paths and everything that was settled, so that it can be repeated from any folder."""
    return experiment.model_copy(
        update={
            "data": experiment.data and _absolute(experiment.data),
            "internal": experiment.internal and _absolute(experiment.internal),
            "root": experiment.root and _absolute(experiment.root),
            "external": {name: _absolute(path) for name, path in experiment.external.items()},
            "weights": experiment.weights if experiment.weights in CHOICES else _absolute(experiment.weights),
            "results": _absolute(experiment.results),
            "class_order": list(classes),
            "image_size": experiment.pixels.image_size,
            "frozen": frozen,
        }
    )


def data_request(experiment: Experiment, caches: Caches, pseudonyms: Pseudonyms) -> DataRequest:
    """Where the experiment's images lie and how they are read."""
    options = ReadOptions(
        pseudonyms,
        experiment.columns,
        experiment.multilabel,
        experiment.allow_outside,
        experiment.tree,
        experiment.group_by,
        Path(_absolute(experiment.root)) if experiment.root else None,
    )
    if experiment.uses_phantom:
        return DataRequest(options, data=phantom_folder(caches))
    if experiment.data is not None:
        return DataRequest(options, data=Path(_absolute(experiment.data)), readers=experiment.reader)
    assert experiment.internal is not None
    given = {case_table.INTERNAL: experiment.internal} | experiment.external
    sites = {name: Path(_absolute(path)) for name, path in given.items()}
    return DataRequest(options, sites=sites, readers=experiment.reader)


def _absolute(path: str) -> str:
    """The stored experiment can be repeated from any folder."""
    return str(Path(path).expanduser().resolve())


def phantom_folder(caches: Caches) -> Path:
    """Where the embedded phantom is kept between runs."""
    return caches.root / f"phantom-{__version__}-600-240-0"


def settled_folds(experiment: Experiment, folder: ResultsFolder, cases: Sequence[case_table.Case]) -> FoldTable:
    """The folds of the folder as they are, and new ones for seeds that have none.

    Raises:
        RequestError: they do not fit the cases, or the request asks for another number.
    """
    inside = case_table.internal(cases)
    stored = folder.folds() or FoldTable({})
    refuse_other_folds(experiment, folder, stored)
    alone = [replace(case, group=None) for case in inside]  # a group in two folds is a leak, and the gate says so
    for fold_of in stored.by_seed.values():
        check_folds(alone, fold_of)
    try:
        drawn = {
            seed: draw_folds(inside, seed, folds=experiment.folds, holdout=experiment.holdout)
            for seed in experiment.seeds
            if seed not in stored.by_seed
        }
    except TooFewToSplit as error:
        why = why_few_patients(inside)
        raise RequestError(f"{error.fact} {why}" if why else str(error)) from None
    return stored.with_seeds(FoldTable(drawn))


def refuse_other_folds(experiment: Experiment, folder: ResultsFolder, stored: FoldTable) -> None:
    """Raise `RequestError` where the request asks for other folds than a folder has, or those cannot be used."""
    if not stored.by_seed:
        return
    before = folder.experiment()
    holdout = before.holdout if before else experiment.holdout
    try:
        number = stored.number()
    except ValueError as error:
        raise RequestError(f"{folder.root}/folds.parquet cannot be used: {error}. Mend or restore it.") from None
    if holdout != experiment.holdout or (holdout is None and number != experiment.folds):
        was = f"a single hold-out split of {holdout}" if holdout else f"{number} folds"
        asked = f"a hold-out split of {experiment.holdout}" if experiment.holdout else f"{experiment.folds} folds"
        raise RequestError(
            f"{folder.root} was made with {was}, asked for now: {asked}. They cannot be compared; use another "
            f"--results folder."
        )
