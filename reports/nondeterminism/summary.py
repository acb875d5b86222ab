"""What a study of nondeterminism found, before it is put into tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.nondeterminism.agreement import Side, churn
from reports.nondeterminism.components import CONTROL, MeanSquare
from reports.statistics.confusion_counts import Floats
from reports.tables.caveats import Caveat

TITLES = {
    "none": "nothing (control)",
    "split": "fold assignment",
    "init": "initial weights",
    "order": "batch order",
    "all": "all of these",
    "interaction": "their interplay",
}


@dataclass(frozen=True)
class WeightDistance:
    """L2 distance of two runs' last weights, averaged over folds and pairs of runs.

    relative: to the length of the weights; of_update: to the length of the way from the initial weights.
    """

    relative: float
    of_update: float | None
    pairs: int


@dataclass(frozen=True)
class Design:
    """Runs that vary one source, all of them, or none. sides: by site, internal first; losses: (n_runs,).

    A loss is the mean validation cross-entropy after the last epoch over the folds of a run.
    """

    name: str
    sides: Mapping[str, Side]
    losses: Floats
    distance: WeightDistance | None = None

    @property
    def runs(self) -> int:
        return len(self.losses)

    def mean_squares(self, site: str) -> dict[str, MeanSquare]:
        """The mean square of each headline metric at a site."""
        return {name: MeanSquare.of(values) for name, values in self.sides[site].scores().items()}

    def churn(self, site: str) -> float | None:
        return churn(self.sides[site].predicted)


@dataclass(frozen=True)
class NumericsChange:
    """The base seed run with one other setting: by how much its scores, predictions and weights differ.

    differences: site → metric → changed minus base; churn: by site; divergence: where both trainings diverge, in words.
    """

    setting: str
    base: str
    changed: str
    differences: Mapping[str, Mapping[str, float]]
    churn: Mapping[str, float | None]
    distance: WeightDistance | None
    divergence: str


@dataclass(frozen=True)
class Control:
    """Repetitions of one seed in fresh processes; `divergence` says where the first two that differ do, or nothing."""

    passed: bool
    repeats: int
    folds: int
    digests: int
    divergence: str = ""


@dataclass(frozen=True)
class Cost:
    """Images a second of training, with determinism and without, medians of interleaved runs."""

    deterministic: float
    fast: float
    runs: int


@dataclass(frozen=True)
class Study:
    """Everything that was found of one backbone. curves: design or change → (step, relative L2 of two runs)."""

    backbone: str
    weights: str
    recipe: str
    numerics: str
    classes: tuple[str, ...]
    cases: Mapping[str, tuple[str, ...]]
    control: Control | None
    designs: tuple[Design, ...]
    changes: tuple[NumericsChange, ...]
    curves: Mapping[str, Sequence[tuple[int, float]]]
    cost: Cost | None
    caveats: tuple[Caveat, ...] = ()

    @property
    def sites(self) -> list[str]:
        return list(self.cases)

    @property
    def sources(self) -> list[str]:
        """The designs that vary one source each."""
        return [design.name for design in self.designs if design.name not in (CONTROL, "all")]

    def squares(self, site: str, metric: str) -> dict[str, MeanSquare]:
        """The mean square of each design of two runs or more."""
        return {design.name: design.mean_squares(site)[metric] for design in self.designs if design.runs > 1}
