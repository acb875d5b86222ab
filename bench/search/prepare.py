"""The studies of a search, from a checked request. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.engine.prepare import Prepared
from bench.folds.draw import draw_folds
from bench.folds.leaks import grouped
from bench.plan.plan import Part, PlannedBackbone, parts_of, samples_of
from bench.plan.spec import Sample
from bench.search.knobs import fixed
from bench.search.metric import direction
from bench.search.options import SearchOptions
from bench.seeds import derive
from studies.samplers import grid_size
from studies.space import Space
from studies.study import StudyPlan


@dataclass(frozen=True)
class Stage:
    """One study: the parts that score a trial and, in a nested search, the outer part that it never sees.

    `suffix` is what its name has beyond that of the search.
    """

    plan: StudyPlan
    suffix: str
    backbone: PlannedBackbone
    parts: tuple[Part, ...]
    outer: Part | None = None


@dataclass(frozen=True)
class Search:
    """What is to be searched, and the prepared request that it is about."""

    prepared: Prepared
    options: SearchOptions
    space: Space
    stages: tuple[Stage, ...]

    @property
    def trials(self) -> int:
        """How many each study is to have; a grid has no more than its points."""
        wanted = self.options.trials
        return min(wanted, grid_size(self.space)) if self.options.sampler == "grid" else wanted


def plan_search(prepared: Prepared, options: SearchOptions, space: Space) -> Search:
    """A study for each backbone and, in a nested search, for each outer fold."""
    stages = tuple(
        _stage(prepared, options, space, backbone, *parts)
        for backbone in prepared.backbones
        for parts in _parts(prepared, options)
    )
    return Search(prepared, options, space, stages)


def _parts(prepared: Prepared, options: SearchOptions) -> Iterator[tuple[str, tuple[Part, ...], Part | None]]:
    """A flat search: all parts at once. A nested one: for each outer fold, inner folds of its training part."""
    samples, folds, cases = samples_of(prepared.dataset.cases), prepared.folds, prepared.dataset.cases
    outer_parts = [
        part
        for seed in prepared.experiment.seeds
        for part in parts_of(samples, seed, folds.by_seed[seed], folds.folds(seed))
    ]
    if not options.nested:
        yield "", tuple(outer_parts), None
        return
    together = {case.case_id: case for case in grouped(cases, prepared.copies)}  # copies stay in one inner fold
    for outer in outer_parts:
        inner_cases = [together[sample.case_id] for sample in outer.train]
        fold_of = draw_folds(inner_cases, derive(outer.seed, "inner", outer.fold), folds=options.inner_folds)
        inner = parts_of(samples, outer.seed, fold_of, range(options.inner_folds))
        yield f"-seed{outer.seed}-fold{outer.fold}", tuple(inner), outer


def _stage(
    prepared: Prepared,
    options: SearchOptions,
    space: Space,
    backbone: PlannedBackbone,
    suffix: str,
    parts: tuple[Part, ...],
    outer: Part | None,
) -> Stage:
    experiment, dataset, pixels = prepared.experiment, prepared.dataset, prepared.dataset.settings
    named_cases, named_parts = digests_of(parts)
    samples = {sample.case_id: sample for part in parts for sample in (*part.train, *part.validation)}
    number, order = len(samples), dataset.pixels.order(samples.values())
    slices = f", slices 3 {order}" if order else ""
    sized = "" if "image_size" in space.dimensions else f"{pixels.image_size} pixels, "
    called = re.sub(r"[^\w.-]+", "-", backbone.name)  # a study's name is that of files
    base = options.study or f"{called}{'-nested' if options.nested else ''}"
    if options.study and len(experiment.backbone) > 1:
        base = f"{options.study}-{called}"
    plan = StudyPlan(
        name=base + suffix,
        space=space,
        metric=options.metric,
        direction=direction(options.metric),
        parts=len(parts),
        sampler=options.sampler,
        pruner=options.pruner,
        seed=derive(options.seed, base + suffix),
        question={
            "backbone": backbone.name,
            "weights": " ".join([backbone.weights.source, backbone.weights.digest[:10]]).strip(),
            "precision": backbone.numerics.precision,
            "classes": ", ".join(dataset.classes),
            "cases": f"{number} ({named_cases})",
            "folds": f"{len(parts)} ({named_parts})",
            "images": f"{sized}{pixels.fit}, windows {'/'.join(pixels.windows) or 'none'}{slices}",
            "fixed": fixed(experiment.recipe, space),
        },
        note=_note(options, backbone.name, number, len(parts), outer),
    )
    return Stage(plan, suffix, backbone, parts, outer)


def _note(options: SearchOptions, backbone: str, cases: int, models: int, outer: Part | None) -> str:
    where = (
        f"Nested search: inner folds of the training part of outer fold {outer.fold} under seed {outer.seed}."
        if outer
        else "Flat search: its best score is no estimate of performance, since it chose the trial."
    )
    return (
        f"Research use only, never for diagnosis.\n\n{where}\n\nObjective: mean {options.metric} of {backbone} over "
        f"{models} model(s), {cases} internal cases; external cases were not opened. Pruner: {options.pruner}."
    )


def digests_of(parts: Sequence[Part]) -> tuple[str, str]:
    """What names the cases, and how they are parted: contents, labels and groups; not paths."""
    numbers: dict[str, int] = {}

    def plain(samples: Iterable[Sample]) -> list[tuple[str, str, int]]:
        return [
            (s.digest, s.label, -1 if s.group is None else numbers.setdefault(s.group, len(numbers))) for s in samples
        ]

    cases = sorted({case for part in parts for case in plain((*part.train, *part.validation))})
    return _digest(cases), _digest([(part.seed, part.fold, plain(part.validation)) for part in parts])


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:10]
