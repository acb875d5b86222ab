"""A results folder of simulated runs, written by the code that stores real ones. Writes the folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.data.images import PixelSettings
from bench.engine.execute import TOGETHER
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec, Weights
from bench.store.folder import ResultsFolder
from reports.statistics.confusion_counts import Floats

CLASSES = ("epidural", "intraparenchymal", "intraventricular", "none", "subarachnoid", "subdural")
MIX = (0.05, 0.2, 0.1, 0.3, 0.2, 0.15)
SITE = "elsewhere"
RECIPE, PIXELS, PARAMETERS = Recipe(), PixelSettings(64), 21_000_000


@dataclass(frozen=True)
class Size:
    """How much is stored; every case is a cluster of its own. external: cases of each of the external sites."""

    backbones: int = 20
    seeds: int = 10
    folds: int = 5
    internal: int = 2500
    external: int = 1000
    classes: int = len(CLASSES)
    sites: int = 1

    @property
    def class_names(self) -> tuple[str, ...]:
        return CLASSES if self.classes == len(CLASSES) else tuple(f"class{n:03d}" for n in range(self.classes))

    @property
    def site_names(self) -> tuple[str, ...]:
        return (SITE,) if self.sites == 1 else tuple(f"hospital{n:02d}" for n in range(self.sites))

    @property
    def runs(self) -> int:
        return self.backbones * self.seeds * self.folds

    @property
    def predictions(self) -> int:
        return self.backbones * self.seeds * (self.internal + self.folds * self.sites * self.external)


@dataclass(frozen=True)
class Study:
    """Runs of a folder that has begun, and what each of them gives."""

    specs: list[RunSpec]
    result: Callable[[RunSpec], RunResult]


def write_runs(root: Path, size: Size) -> None:
    """Fill a new folder with finished runs, their cases and folds; without a leaderboard."""
    folder = ResultsFolder(root)
    with folder.locked():
        study = begin_study(folder, size)
        for first in range(0, len(study.specs), TOGETHER):
            group = study.specs[first : first + TOGETHER]
            folder.runs.write_done([(spec, study.result(spec), PARAMETERS) for spec in group])


def begin_study(folder: ResultsFolder, size: Size) -> Study:
    """Write the cases, folds and experiment of a new folder. Call only while holding its lock."""
    rng = np.random.default_rng(0)
    classes = size.class_names
    cases = _cases(INTERNAL, size.internal, classes, rng)
    for site in size.site_names:
        cases += _cases(site, size.external, classes, rng)
    inside = [case for case in cases if case.site == INTERNAL]
    folds = FoldTable({seed: draw_folds(inside, seed, folds=size.folds) for seed in range(size.seeds)})
    names = [f"backbone{number:02d}" for number in range(size.backbones)]
    planned = [PlannedBackbone(name, Weights("random", ""), Numerics("fp32")) for name in names]
    hardness = {case.case_id: rng.standard_normal(len(classes)) for case in cases}
    skill = dict(zip(names, np.linspace(1.2, 2.2, size.backbones), strict=True))
    folder.write_cases(cases)
    folder.write_folds(folds)
    folder.write_experiment(
        Experiment(
            backbone=names, seeds=list(range(size.seeds)), folds=size.folds, class_order=list(classes), image_size=64
        )
    )

    def result(spec: RunSpec) -> RunResult:
        probabilities = _probabilities(spec, hardness, skill[spec.backbone], rng)
        return RunResult("done", probabilities, timings={"total": 60.0})

    return Study(plan_runs(cases, folds, classes, planned, range(size.seeds), RECIPE, PIXELS), result)


def _cases(site: str, number: int, classes: Sequence[str], rng: np.random.Generator) -> list[Case]:
    as_many_of_each = np.resize(classes, number)
    labels = rng.choice(classes, number, p=MIX) if classes == CLASSES else rng.permutation(as_many_of_each)
    paths = [f"{label}/{position:05d}.png" for position, label in enumerate(labels.tolist())]
    return [
        Case(f"{site}/{path}", path, path.partition("/")[0], None, site, f"{rng.integers(2**63):016x}", 64, 64)
        for path in paths
    ]


def _probabilities(
    spec: RunSpec, hardness: dict[str, Floats], skill: float, rng: np.random.Generator
) -> np.typing.NDArray[np.float32]:
    """Softmax of what is common to all models of a case, what is not, and the label; worse on the external site."""
    seen = spec.predicted
    logits = np.stack([hardness[sample.case_id] for sample in seen]) + rng.standard_normal(
        (len(seen), len(spec.classes))
    )
    logits += 0.3 * rng.standard_normal(len(spec.classes))
    of_label = np.array([spec.classes.index(sample.label) for sample in seen])
    abroad = np.array([sample.site != INTERNAL for sample in seen])
    logits[np.arange(len(seen)), of_label] += skill - 0.5 * abroad
    odds = np.exp(logits)
    return (odds / odds.sum(1, keepdims=True)).astype(np.float32)
