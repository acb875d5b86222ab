"""From a request to a checked search. Reads internal images and the results folder; writes nothing but caches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.data.copies import CopyPair
from bench.data.load import Dataset
from bench.data.manifest.table import is_manifest
from bench.data.pixels import Progress
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.engine.early import Started
from bench.engine.leakage_check import pass_gate
from bench.engine.prepare import Say, data_request, read_cases, resolved, settled_folds
from bench.engine.resolve import settle_backbones
from bench.folds.draw import draw_folds
from bench.folds.leaks import Leak, grouped
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone
from bench.plan.spec import Sample
from bench.search.knobs import fixed
from bench.search.metric import direction
from bench.search.options import SearchOptions
from bench.search.units import Unit, digest_of, units_of
from bench.seeds import derive
from bench.store.folder import ResultsFolder
from studies.space import Space
from studies.study import StudyPlan


@dataclass(frozen=True)
class Stage:
    """One study: the units that score a trial and, in a nested search, the outer part that it never sees.

    `suffix` is what its name has beyond that of the search.
    """

    plan: StudyPlan
    suffix: str
    backbone: PlannedBackbone
    units: tuple[Unit, ...]
    outer: Unit | None = None


@dataclass(frozen=True)
class Search:
    """What is to be searched, and what the results folder will say of it."""

    experiment: Experiment
    options: SearchOptions
    space: Space
    dataset: Dataset
    request: DataRequest
    folds: FoldTable
    pseudonyms: Pseudonyms
    leaks: list[Leak]
    stages: tuple[Stage, ...]


def prepare_search(
    experiment: Experiment,
    options: SearchOptions,
    space: Space,
    folder: ResultsFolder,
    caches: Caches,
    say: Say,
    started: Started,
    on_decoded: Progress | None = None,
) -> Search:
    """Read the internal cases and check everything that the request names. `started`: as `look_ahead` gives it.

    Raises:
        RequestError: anything about the request is wrong.
    """
    pseudonyms = folder.pseudonyms() or Pseudonyms.fresh()
    request = internal_request(experiment, caches, pseudonyms)
    dataset, as_read, copies = read_cases(request, experiment, caches, on_decoded, say)
    folder.refuse_other_data(dataset.cases, dataset.classes, internal_only=True)
    for entry in dataset.passed_over:
        say(entry.line())
    folds = settled_folds(experiment, folder, dataset.cases)
    leaks = pass_gate(experiment, as_read, copies, folds, say)
    backbones, frozen = settle_backbones(experiment, folder.experiment(), len(dataset.classes), caches, say, started)
    settled = resolved(experiment, dataset.classes, frozen)
    stages = tuple(
        _stage(settled, options, space, dataset, backbone, *part)
        for backbone in backbones
        for part in _parts(settled, options, dataset.cases, copies, folds)
    )
    return Search(settled, options, space, dataset, request, folds, pseudonyms, leaks, stages)


def internal_request(experiment: Experiment, caches: Caches, pseudonyms: Pseudonyms) -> DataRequest:
    """Where the internal images lie; a search opens no others."""
    whole = data_request(experiment, caches, pseudonyms)
    options = replace(whole.options, internal_only=True)
    if whole.data is not None and is_manifest(whole.data):
        return replace(whole, options=options)
    path = whole.data / INTERNAL if whole.data is not None else (whole.sites or {})[INTERNAL]
    readers = {site: name for site, name in (whole.readers or {}).items() if site in (INTERNAL, "*")}
    return DataRequest(options, sites={INTERNAL: path}, readers=readers)


Part = tuple[str, tuple[Unit, ...], Unit | None]


def _parts(
    experiment: Experiment, options: SearchOptions, cases: list[Case], copies: list[CopyPair], folds: FoldTable
) -> Iterator[Part]:
    """A flat search: all units at once. A nested one: for each outer fold, inner folds of its training part."""
    samples = [Sample(case.case_id, case.site, case.label, case.digest, case.group) for case in cases]
    by_seed = {seed: units_of(samples, seed, folds.by_seed[seed], folds.folds(seed)) for seed in experiment.seeds}
    if not options.nested:
        yield "", tuple(unit for units in by_seed.values() for unit in units), None
        return
    together = {case.case_id: case for case in grouped(cases, copies)}  # copies stay in one inner fold
    for seed, outer_units in by_seed.items():
        for outer in outer_units:
            inner_cases = [together[sample.case_id] for sample in outer.train]
            fold_of = draw_folds(inner_cases, derive(seed, "inner", outer.fold), folds=options.inner_folds)
            inner = units_of(samples, seed, fold_of, range(options.inner_folds))
            yield f"-seed{seed}-fold{outer.fold}", tuple(inner), outer


def _stage(
    experiment: Experiment,
    options: SearchOptions,
    space: Space,
    dataset: Dataset,
    backbone: PlannedBackbone,
    suffix: str,
    units: tuple[Unit, ...],
    outer: Unit | None,
) -> Stage:
    cases, parts = digest_of(units)
    number = len({sample.case_id for unit in units for sample in (*unit.train, *unit.validation)})
    pixels = dataset.settings
    sized = "" if "image_size" in space.dimensions else f"{pixels.image_size} pixels, "
    base = options.study or f"{backbone.name}{'-nested' if options.nested else ''}"
    if options.study and len(experiment.backbone) > 1:
        base = f"{options.study}-{backbone.name}"
    plan = StudyPlan(
        name=base + suffix,
        space=space,
        metric=options.metric,
        direction=direction(options.metric),
        units=len(units),
        sampler=options.sampler,
        pruner=options.pruner,
        seed=derive(options.seed, base + suffix),
        question={
            "backbone": backbone.name,
            "weights": " ".join([backbone.weights.source, backbone.weights.digest[:10]]).strip(),
            "precision": backbone.tooling.precision,
            "classes": ", ".join(dataset.classes),
            "cases": f"{number} ({cases})",
            "folds": f"{len(units)} ({parts})",
            "images": f"{sized}{pixels.fit}, windows {'/'.join(pixels.windows) or 'none'}",
            "fixed": fixed(experiment.recipe, space),
        },
        note=_note(options, backbone.name, number, len(units), outer),
    )
    return Stage(plan, suffix, backbone, units, outer)


def _note(options: SearchOptions, backbone: str, cases: int, units: int, outer: Unit | None) -> str:
    where = (
        f"Nested search: inner folds of the training part of outer fold {outer.fold} under seed {outer.seed}."
        if outer
        else "Flat search: its best score is no estimate of performance, since it chose the trial."
    )
    return (
        f"Research use only, never for diagnosis.\n\n{where}\n\nObjective: mean {options.metric} of {backbone} over "
        f"{units} model(s), {cases} internal cases; external cases were not opened. Pruner: {options.pruner}."
    )
