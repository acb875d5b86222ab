"""Results folders of simulated runs over real digits, written by the code that stores real ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from trees import write_digit_tree

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings, file_digest
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, Numerics, RunResult, RunSpec, Weights
from bench.store.folder import ResultsFolder


def write_study(
    root: Path,
    *,
    classes: Sequence[str] = ("zero", "one", "four"),
    backbones: Sequence[str] = ("resnet18", "resnet34"),
    seeds: int = 2,
    site: str | None = "bern",
    names: str = "{}.png",
    images: Path | None = None,
    each: int = 20,
    training_draws: int = 0,
) -> ResultsFolder:
    """Finished runs of `each` cases a class and side; the first backbone is right more often than the next.

    names: how case ids end. images: where to write digits for the internal cases; without it there are no files.
    The first internal case of the first class is mistaken for the second class by all models.
    """
    cases = _cases(classes, "internal", names, each, images)
    cases += _cases(classes, site, names, each, None) if site else []
    inside = [case for case in cases if case.site == "internal"]
    folds = FoldTable({seed: draw_folds(inside, seed, folds=2) for seed in range(seeds)})
    planned = [PlannedBackbone(name, Weights("random", ""), Numerics("fp32")) for name in backbones]
    folder = ResultsFolder(root)
    with folder.locked():
        folder.write_cases(cases)
        folder.write_folds(folds)
        external = {site: "/elsewhere"} if site else {}
        folder.write_experiment(
            Experiment(internal="/i", external=external, class_order=list(classes), folds=2, seeds=seeds, image_size=32)
        )
        for spec in plan_runs(
            cases,
            folds,
            tuple(classes),
            planned,
            range(seeds),
            Recipe(),
            PixelSettings(32),
            training_draws=training_draws,
        ):
            result = _result(spec, 0.9 - 0.3 * backbones.index(spec.backbone) / len(backbones), inside[0].case_id)
            folder.runs.write(spec, result, 11_000_000)
    return folder


def _cases(classes: Sequence[str], site: str, names: str, each: int, images: Path | None) -> list[Case]:
    digits = [0, 1, 4] if len(classes) == 3 else list(range(len(classes)))
    files = sorted(write_digit_tree(images, digits, each).glob("*/*.png")) if images else []
    found = []
    for number in range(each * len(classes)):
        path = str(files[number]) if files else f"/{site}/{number}"
        digest = file_digest(files[number]) if files else f"{number + 10**6 * (site != 'internal'):064x}"
        name = f"{site}/{names.format(f'{number:04d}')}"
        found.append(Case(name, path, classes[number // each], None, site, digest, 8, 8))
    return found


def _result(spec: RunSpec, skill: float, mistaken: str) -> RunResult:
    rng = np.random.default_rng(
        [spec.seed, spec.fold, len(spec.backbone), *spec.backbone.encode(), *[spec.draw][: spec.draw]]
    )
    n = len(spec.classes)
    probabilities = rng.dirichlet(np.ones(n), len(spec.predicted)).astype(np.float32)
    for row, sample in enumerate(spec.predicted):
        chosen = spec.classes.index(sample.label)
        if rng.random() > skill - 0.2 * (sample.site != "internal"):
            chosen = int(rng.integers(n))
        if sample.case_id == mistaken:
            chosen = 1
        probabilities[row] = 0.2 * probabilities[row]
        probabilities[row, chosen] += np.float32(1 - probabilities[row].sum())
    history = tuple(EpochRecord(e, "full", 1 / (e + 1), 1e-3, 1.1 / (e + 1), 0.5, 0.4, 1.0, 40) for e in range(3))
    return RunResult("done", probabilities, history, {"total": 1.0}, {"python": "3.11", "torch": "2.14"})
