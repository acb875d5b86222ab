"""From a request to a checked plan. Reads images and the results folder; writes nothing but caches."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.config.recipe_file import overlap
from bench.data.cases import Case, internal
from bench.data.copies import CopyPair, copies_among
from bench.data.few_patients import why_few_patients
from bench.data.load import Dataset
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.engine.adaptation import refuse_no_target
from bench.engine.events import refuse_unknown_events
from bench.engine.frozen import Frozen
from bench.engine.groups import refuse_no_groups
from bench.engine.images import absolute, data_request, ensure_phantom, load_images
from bench.engine.leakage_check import check_leakage
from bench.engine.resolve import resolve_backbones
from bench.engine.subgroups import subgroup_table
from bench.engine.weights import Start, start_backbones
from bench.errors import RequestError
from bench.execution.fork_server import Asked
from bench.execution.resources import Resources
from bench.folds.complete import draw_complete_folds
from bench.folds.draw import TooFewToSplit
from bench.folds.leaks import Leak, grouped
from bench.folds.sites import site_folds
from bench.folds.table import FoldTable, check_folds
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder
from bench.store.snapshot import FolderSnapshot
from bench.terminal import Terminal

CHOICES = ("auto", "imagenet", "random")


@dataclass(frozen=True)
class Ahead:
    """What is known before any image is read: what the folder holds, and soon where backbones start from."""

    snapshot: FolderSnapshot
    started: Asked[dict[str, Start]]


@dataclass(frozen=True)
class Prepared:
    """A checked request: the experiment with all that was resolved, and everything that its runs stand on.

    snapshot: the folder as it was when this was prepared; copies: cases that show the same image; leaks: those that
    the experiment allows; internal_only: whether external images were left unopened, as a search does; subgroups: the
    levels of the subgroups that are asked for, None where none are.
    """

    experiment: Experiment
    snapshot: FolderSnapshot
    request: DataRequest
    dataset: Dataset
    copies: list[CopyPair]
    folds: FoldTable
    leaks: list[Leak]
    pseudonyms: Pseudonyms
    backbones: list[PlannedBackbone]
    caches: Caches
    internal_only: bool
    subgroups: pd.DataFrame | None = None

    def specs(self) -> list[RunSpec]:
        """Backbones × adaptations × seeds × folds."""
        data, experiment = self.dataset, self.experiment
        return plan_runs(
            data.cases,
            self.folds,
            data.classes,
            self.backbones,
            experiment.seeds,
            experiment.recipe.with_labels_of_groups(experiment.label_order),
            data.settings,
            monitor=experiment.monitored,
            order=data.pixels.order,
            adaptations=experiment.adapt,
            training_draws=experiment.training_draws,
        )

    def resources(self) -> Resources:
        """Where runs find pixels and weights."""
        return Resources(self.caches, self.dataset.pixels, self.experiment.save_models)


def look_ahead(
    experiment: Experiment,
    folder: ResultsFolder,
    caches: Caches,
    terminal: Terminal,
    leave_out: Callable[[str, str], None] | None = None,
) -> Ahead:
    """Check all of the request that needs no image; make the phantom where it stands in for data.

    leave_out: is told of each backbone that cannot be had and why, which is no error then.

    Raises:
        RequestError: any of it is wrong.
    """
    _refuse_closed(folder.root)
    snapshot = folder.snapshot()
    snapshot.refuse_other_folds(experiment)
    started = start_backbones(experiment, snapshot.experiment, caches, terminal.say, leave_out)
    ensure_phantom(experiment, caches, terminal)
    return Ahead(snapshot, started)


def prepare(
    experiment: Experiment,
    folder: ResultsFolder,
    ahead: Ahead,
    caches: Caches,
    terminal: Terminal,
    *,
    internal_only: bool = False,
) -> Prepared:
    """Read and check everything that the request names.

    Raises:
        RequestError: anything about the request is wrong.
    """
    snapshot = folder.snapshot(ahead.snapshot)
    pseudonyms = folder.pseudonyms() or Pseudonyms.fresh()
    try:
        request = data_request(experiment, caches, pseudonyms, internal_only=internal_only)
        as_read = load_images(request, experiment, caches, terminal=terminal, meanwhile=ahead.started.refuse_failed)
    except RequestError:
        ahead.started.result()  # what is wrong with a backbone is said first, whichever was found sooner
        raise
    copies = copies_among(as_read.cases, as_read.pixels, as_read.settings, caches.pixels, terminal.say)
    dataset = replace(as_read, cases=grouped(as_read.cases, copies)) if experiment.group_duplicates else as_read
    snapshot.refuse_other_data(dataset.cases, dataset.classes, internal_only=internal_only)
    for entry in dataset.passed_over:
        terminal.say(entry.line())
    if experiment.tuned and not internal_only and not overlap(experiment, (case.digest for case in dataset.cases)):
        study = experiment.tuned.study
        terminal.say(f"The recipe was tuned by study {study} on other cases than these: its rows are ranked.")
    folds = resolved_folds(experiment, snapshot, dataset.cases)
    if not internal_only:
        refuse_no_groups(experiment, dataset.cases, dataset.classes)  # before training, which may take long
        refuse_no_target(experiment, dataset.cases)
        refuse_unknown_events(experiment, dataset.classes)
    asked = () if internal_only else experiment.subgroups
    subgroups = subgroup_table(dataset.cases, asked, terminal.say)
    leaks = check_leakage(experiment, as_read.cases, copies, folds, terminal.say)
    backbones, frozen = resolve_backbones(
        experiment, snapshot.experiment, len(dataset.classes), caches, terminal.say, ahead.started.result()
    )
    experiment = resolved(experiment, dataset.classes, frozen)
    return Prepared(
        experiment,
        snapshot,
        request,
        dataset,
        copies,
        folds,
        leaks,
        pseudonyms,
        backbones,
        caches,
        internal_only,
        subgroups,
    )


def resolved(experiment: Experiment, classes: tuple[str, ...], frozen: Frozen) -> Experiment:
    """With absolute paths and everything that was decided, so that it can be repeated from any folder."""
    return experiment.model_copy(
        update={
            "data": experiment.data and absolute(experiment.data),
            "internal": experiment.internal and absolute(experiment.internal),
            "root": experiment.root and absolute(experiment.root),
            "external": {name: absolute(path) for name, path in experiment.external.items()},
            "weights": experiment.weights if experiment.weights in CHOICES else absolute(experiment.weights),
            "results": absolute(experiment.results),
            "class_order": list(classes),
            "image_size": experiment.pixels.image_size,
            "frozen": frozen,
        }
    )


def resolved_folds(experiment: Experiment, snapshot: FolderSnapshot, cases: Sequence[Case]) -> FoldTable:
    """The folds of the folder as they are, and new ones for seeds that have none.

    Raises:
        RequestError: they do not fit the cases, or the request asks for another number.
    """
    inside = internal(cases)
    stored = snapshot.folds or FoldTable({})
    snapshot.refuse_other_folds(experiment)
    if experiment.by_site:
        return _folds_by_site(experiment, snapshot, cases)
    alone = [replace(case, group=None) for case in inside]  # groups in two folds are the leakage check's
    for fold_of in stored.by_seed.values():
        check_folds(alone, fold_of)
    try:
        drawn = {
            seed: draw_complete_folds(inside, seed, folds=experiment.drawn_folds, holdout=experiment.holdout)
            for seed in experiment.seeds
            if seed not in stored.by_seed
        }
    except TooFewToSplit as error:
        why = why_few_patients(inside)
        raise RequestError(f"{error.fact} {why}" if why else str(error)) from None
    return stored.with_seeds(FoldTable(drawn))


def _folds_by_site(experiment: Experiment, snapshot: FolderSnapshot, cases: Sequence[Case]) -> FoldTable:
    stored = snapshot.folds or FoldTable({})
    table = site_folds(cases, dict.fromkeys([*stored.by_seed, *experiment.seeds]))
    if any(stored.by_seed[seed] != table.by_seed[seed] for seed in stored.by_seed):
        raise RequestError(
            f"{snapshot.root}/folds.parquet holds cases out otherwise than by their sites. With --folds sites a fold "
            f"is a site: restore the file, or use another --results folder."
        )
    return table


def _refuse_closed(root: Path) -> None:
    """A folder that certainly cannot be written to; whether another can is known when it is locked."""
    there = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    reason = "" if os.access(there, os.W_OK | os.X_OK) else f"{there} is closed to you"
    if not there.is_dir():
        reason = f"{there} is a file"
    if reason:
        raise RequestError(f"The results folder {root} cannot be written to: {reason}. Choose another by --results.")
