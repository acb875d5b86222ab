"""Explains one set of comparable models. Reads stored models, masks and images; prints progress."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.config.experiment import Experiment
from bench.execution.resources import Resources
from bench.explain.choose import chosen_cases, truth_probability
from bench.explain.data import Images, mask_folder
from bench.explain.masks import load_masks
from bench.explain.measure import Measurements
from bench.explain.model_sets import ModelSet
from bench.explain.models import differs, explained, trained_models
from bench.explain.options import ExplainOptions
from bench.explain.pages import Shown, pages_of, tiles_of
from bench.explain.progress import ExplainProgress
from bench.explain.sample import Sample, explain_task, measured_cases
from bench.report.leaderboard import RESAMPLING_SEED
from bench.store.runs import StoredRun
from bench.terminal import Terminal
from reports.explanation.gallery import Page, Tile
from reports.explanation.subject import Subject


@dataclass(frozen=True)
class ExplainedSet:
    """The measurements of one set of models, its gallery pages by class, and what to say of it."""

    subject: Subject
    pages: dict[str, Page]
    notes: tuple[str, ...]


def explain_set(
    models: ModelSet,
    images: Images,
    resources: Resources,
    experiment: Experiment,
    options: ExplainOptions,
    keep: Callable[[StoredRun, bytes], None],
    terminal: Terminal,
) -> ExplainedSet:
    """Map, measure and show every model of the set; those trained again are handed to `keep`.

    Raises:
        NoSpatialLayerError: the architecture has no layer to explain it by.
        RequestError: the cases asked for are not there, or models cannot be trained again.
        BenchError: a stored model cannot be used, or came out otherwise.
    """
    draw = partial(np.random.default_rng, RESAMPLING_SEED)
    root = options.masks or mask_folder(experiment, resources.caches)
    masks = load_masks(images.cases, root, models.pixels, experiment.max_pixels)
    known = truth_probability([run.predictions() for run, _ in models.runs])
    cases = chosen_cases(options.cases, known, options.number, draw())
    sample = Sample(measured_cases(images.cases, options.most, draw()), frozenset(cases), frozenset(masks.coverage))
    shown, pictures = Shown.of([spec for _, spec in models.runs], cases), images.of(cases)
    measured = Measurements(models.name, masks.coverage, images.clusters(), sample.measured)
    tiles, altered = dict[str, Tile](), 0
    with ExplainProgress(terminal, models.name, len(models.runs)) as progress:
        for run, spec, model in trained_models(models.runs, experiment, resources, keep, terminal.say):
            task = explain_task(run, spec, model, options, sample)
            found = explained(run, task, resources)
            altered += differs(run, spec, found.probabilities)
            measured.add(task, found)
            tiles |= tiles_of(task, found, shown.by(spec), pictures, masks.coverage)
            progress.model(spec, len(task.mapped))
    subject = measured.subject()
    where = f"layer {subject.layer}, {subject.grid} × {subject.grid} places"
    subtitle = f"{options.method} of the {options.target} class · {options.cases} cases · {where}"
    pages = pages_of(models.name, subtitle, tiles, cases, images.sites())
    other_bits = (
        f"{models.name}: {altered} kept model(s) predict here with other last bits than where they were trained."
    )
    return ExplainedSet(subject, pages, (*masks.notes, *([other_bits] if altered else [])))
