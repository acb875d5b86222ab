"""The runs of an experiment. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.data.cases import INTERNAL, Case
from bench.data.images import PixelSettings
from bench.folds.table import FoldTable
from bench.plan.recipe import Recipe
from bench.plan.spec import Role, RunSpec, Sample, Seeds, Tooling, Weights
from bench.seeds import derive


@dataclass(frozen=True)
class PlannedBackbone:
    """A backbone with its weights and tooling settled."""

    name: str
    weights: Weights
    tooling: Tooling

    def spec(
        self,
        classes: tuple[str, ...],
        recipe: Recipe,
        pixels: PixelSettings,
        seed: int,
        fold: int,
        train: tuple[Sample, ...],
        validation: tuple[Sample, ...],
        external: tuple[Sample, ...] = (),
        role: Role = "main",
    ) -> RunSpec:
        """The run that trains it on `train` under a seed, whose split, init and order seeds follow from it."""
        return RunSpec(
            backbone=self.name,
            weights=self.weights,
            recipe=recipe,
            pixels=pixels,
            tooling=self.tooling,
            classes=classes,
            seed=seed,
            seeds=seeds_of(seed),
            fold=fold,
            train=train,
            validation=validation,
            external=external,
            role=role,
        )


def plan_runs(
    cases: Sequence[Case],
    folds: FoldTable,
    classes: tuple[str, ...],
    backbones: Sequence[PlannedBackbone],
    seeds: Sequence[int],
    recipe: Recipe,
    pixels: PixelSettings,
) -> list[RunSpec]:
    """Backbones × seeds × folds. Seeds come first, so that every backbone has finished seed 0 before seed 1 starts."""
    samples = [Sample(case.case_id, case.site, case.label, case.digest, case.group) for case in cases]
    external = by_content(sample for sample in samples if sample.site != INTERNAL)
    inside = [sample for sample in samples if sample.site == INTERNAL]
    return [
        backbone.spec(classes, recipe, pixels, seed, fold, train, validation, external)
        for seed in seeds
        for fold, train, validation in _parts(inside, folds.by_seed[seed], folds.folds(seed))
        for backbone in backbones
    ]


def seeds_of(seed: int) -> Seeds:
    """The split, init and order seeds of the run seed."""
    return Seeds(derive(seed, "split"), derive(seed, "init"), derive(seed, "order"))


def _parts(
    inside: Sequence[Sample], fold_of: Mapping[str, int], folds: Sequence[int]
) -> list[tuple[int, tuple[Sample, ...], tuple[Sample, ...]]]:
    return [
        (
            fold,
            by_content(sample for sample in inside if fold_of[sample.case_id] != fold),
            by_content(sample for sample in inside if fold_of[sample.case_id] == fold),
        )
        for fold in folds
    ]


def by_content(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """In an order that file names do not decide."""
    return tuple(sorted(samples, key=lambda sample: (sample.site, sample.digest, sample.label, sample.case_id)))
