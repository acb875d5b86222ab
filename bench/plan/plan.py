"""The runs of an experiment. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.data.cases import INTERNAL, Case
from bench.data.images import PixelSettings
from bench.folds.table import FoldTable
from bench.plan.adaptation import NONE, Adaptation
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, Role, RunSpec, Sample, Seeds, Weights
from bench.plan.training_draws import repeated, times_drawn
from bench.seeds import derive

Order = Callable[[Iterable[Sample]], str]


@dataclass(frozen=True)
class Part:
    """One fold of one seed: the cases to train on, those held out, and the external ones to predict.

    draw: 0 where the training cases are those of the other folds, else the number of their draw.
    """

    seed: int
    fold: int
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    external: tuple[Sample, ...] = ()
    draw: int = 0

    @property
    def all(self) -> tuple[Sample, ...]:
        """What its runs train on and predict."""
        return self.train + self.validation + self.external

    def seen(self, pixels: PixelSettings, order: Order | None) -> PixelSettings:
        """The settings of its runs. order: names what lies beside cases that are seen with their neighbours."""
        return replace(pixels, order=order(self.all)) if order else pixels


@dataclass(frozen=True)
class PlannedBackbone:
    """A backbone whose weights and numerics are resolved."""

    name: str
    weights: Weights
    numerics: Numerics

    def spec(
        self, part: Part, classes: tuple[str, ...], recipe: Recipe, pixels: PixelSettings, role: Role = "main"
    ) -> RunSpec:
        """The run of this backbone on a part; split, init and order seeds follow from the part's seed."""
        return RunSpec(
            backbone=self.name,
            weights=self.weights,
            recipe=recipe,
            pixels=pixels,
            numerics=self.numerics,
            classes=classes,
            seed=part.seed,
            seeds=seeds_of(part.seed),
            fold=part.fold,
            train=part.train,
            validation=part.validation,
            external=part.external,
            replicate=part.draw,
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
    *,
    monitor: int | None = None,
    order: Order | None = None,
    adaptations: Sequence[Adaptation] = (NONE,),
    training_draws: int = 0,
) -> list[RunSpec]:
    """Backbones × adaptations × seeds × folds. Seeds come first, so that all have finished seed 0 before seed 1 starts.

    Where folds are sites, cases of every site are trained on and held out, and none is external. order: as that of
    `PixelCache`; without it runs have the order that `pixels` say. training_draws: how often each seed's training cases
    are also drawn anew; the runs of all draws come last.
    """
    samples = samples_of(cases)
    inside = [sample for sample in samples if folds.sites or sample.site == INTERNAL]
    external = by_content(sample for sample in samples if not folds.sites and sample.site != INTERNAL)
    return [
        replace(backbone.spec(part, classes, recipe, seen), monitor=monitor, adaptation=adaptation)
        for draws in ((0,), range(1, training_draws + 1))
        for seed in seeds
        for draw in draws
        for part in parts_of(inside, seed, folds.by_seed[seed], folds.folds(seed), external, draw)
        for seen in (part.seen(pixels, order),)
        for backbone in backbones
        for adaptation in adaptations
    ]


def parts_of(
    samples: Iterable[Sample],
    seed: int,
    fold_of: Mapping[str, int],
    folds: Iterable[int],
    external: tuple[Sample, ...] = (),
    draw: int = 0,
) -> list[Part]:
    """A part for each of the folds, from the samples that have a fold (−1: in every training part).

    draw: as of `Part`.
    """
    inside = by_content(sample for sample in samples if sample.case_id in fold_of)
    trained_on = repeated(inside, times_drawn(inside, fold_of, seed, draw)) if draw else inside
    return [
        Part(
            seed,
            fold,
            tuple(sample for sample in trained_on if fold_of[sample.case_id] != fold),
            tuple(sample for sample in inside if fold_of[sample.case_id] == fold),
            external,
            draw,
        )
        for fold in folds
    ]


def samples_of(cases: Iterable[Case]) -> list[Sample]:
    """The cases as runs see them."""
    return [Sample(case.case_id, case.site, case.label, case.digest, case.group) for case in cases]


def by_content(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """In an order that file names do not decide."""
    return tuple(sorted(samples, key=lambda sample: (sample.site, sample.digest, sample.label, sample.case_id)))


def seeds_of(seed: int) -> Seeds:
    """The split, init and order seeds of the run seed."""
    return Seeds(derive(seed, "split"), derive(seed, "init"), derive(seed, "order"))
