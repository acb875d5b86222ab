"""The leaderboard: predictions of several backbones → rows, comparisons and noise floors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reports.statistics.cases import INTERNAL
from reports.statistics.chance import clearly_better
from reports.statistics.comparison import Comparison
from reports.statistics.intervals import Interval
from reports.statistics.metrics import primary, share_right
from reports.statistics.noise_floor import NoiseFloor
from reports.statistics.sample_gain import SampleGain
from reports.tables.adaptation import Adapted
from reports.tables.caveats import TUNED
from reports.tables.hospitals import Hospitals
from reports.tables.operating_point import OperatingPoint
from reports.tables.row import Row
from reports.tables.subgroups import Subgroup
from reports.tables.training_populations import TrainingPopulations

SCHEMA = 1
ONE_SEED = "one seed, so its noise floor is not known."
OTHER_CASES = "its seeds hold out different cases, so what they differ by is not the seed's noise."
NOT_RANKED = f"{TUNED}, so it is neither ranked nor compared."


@dataclass(frozen=True)
class Leaderboard:
    """Rows sorted by rank, then by the primary metric, internally; unranked rows last.

    probability_of_best: name → how probable it is that it is best on the primary endpoint; empty where backbones differ
    in seeds, cases or folds, and with one seed. sample_gains: name → what its seeds are worth, without hold-out splits.
    chance: side → metric → what guessing by the internal class shares would reach. unit: what a case of it is called.
    hospitals: name → its metrics over the sites, where these were held out. subgroups: name → attribute → its
    metrics over the levels of internal cases; external_subgroups: name → site → the same. training_populations:
    name → its metrics over training cases that were drawn anew. ranks: whether rows may have ranks.
    adaptations: the adapted rows, which are compared with their baselines alone. operating_points: name → every event
    at every rule.
    """

    classes: tuple[str, ...]
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    noise_floor: Mapping[str, Mapping[str, NoiseFloor]]
    probability_of_best: Mapping[str, float]
    sample_gains: Mapping[str, SampleGain]
    chance: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]
    resamples: int
    confidence: float
    interval: Interval
    stratified: bool
    unit: str = "cases"
    hospitals: Mapping[str, Hospitals] = field(default_factory=dict)
    ranks: bool = True
    subgroups: Mapping[str, Mapping[str, Subgroup]] = field(default_factory=dict)
    training_populations: Mapping[str, TrainingPopulations] = field(default_factory=dict)
    external_subgroups: Mapping[str, Mapping[str, Mapping[str, Subgroup]]] = field(default_factory=dict)
    adaptations: Mapping[str, Adapted] = field(default_factory=dict)
    operating_points: Mapping[str, tuple[OperatingPoint, ...]] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[str, ...]:
        """External sites that some row was tested on."""
        return tuple(dict.fromkeys(site for row in self.rows for site in row.sites))

    def near_guessing(self, row: Row) -> bool:
        """Whether the interval of a row's primary endpoint does not lie above guessing, or is not there.

        Where every prediction is right no case moves the endpoint; then the share of them, which has exact bounds,
        decides.
        """
        right = share_right()
        metric = right if row.cells.internal[right.name].value == right.limits[1] else primary()
        cell, guessing = row.cells.internal[metric.name], self.chance[INTERNAL][metric.name]
        return not clearly_better(cell, guessing, higher_is_better=metric.higher_is_better)

    def unranked(self, why: str) -> "Leaderboard":
        """The same without ranks, ties and P(best), by the primary metric; `why` becomes a note."""
        rows = in_order([replace(row, rank=None, ties=()) for row in self.rows], self.adaptations)
        return replace(self, rows=tuple(rows), probability_of_best={}, notes=(why, *self.notes), ranks=False)

    def unadapted(self) -> "Leaderboard":
        """Without adapted rows, which are no backbones to choose between; itself where there are no others."""
        rows = tuple(row for row in self.rows if row.name not in self.adaptations)
        return replace(self, rows=rows) if rows else self

    def to_dict(self) -> dict[str, object]:
        """The content of leaderboard.json, without NaN."""
        return {
            "schema": SCHEMA,
            "classes": list(self.classes),
            "rows": [row.to_dict() for row in self.rows],
            "comparisons": [comparison.to_dict() for comparison in self.comparisons],
            "noise_floor": {
                name: {metric: floor.to_dict() for metric, floor in floors.items()}
                for name, floors in self.noise_floor.items()
            },
            "probability_of_best": dict(self.probability_of_best),
            "sample_gain": {name: gain.to_dict() for name, gain in self.sample_gains.items()},
            "chance": {side: dict(values) for side, values in self.chance.items()},
            "notes": list(self.notes),
            "resamples": self.resamples,
            "confidence": self.confidence,
            "interval": self.interval,
            "stratified": self.stratified,
            **({"hospitals": {name: one.to_dict() for name, one in self.hospitals.items()}} if self.hospitals else {}),
            **({"subgroups": _subgroups_dict(self.subgroups)} if self.subgroups else {}),
            **(
                {"external_subgroups": {name: _subgroups_dict(one) for name, one in self.external_subgroups.items()}}
                if self.external_subgroups
                else {}
            ),
            **(
                {"training_populations": {name: one.to_dict() for name, one in self.training_populations.items()}}
                if self.training_populations
                else {}
            ),
            **({"adaptation": _adaptations_dict(self.adaptations)} if self.adaptations else {}),
            **(
                {
                    "operating_points": {
                        name: [one.to_dict() for one in of] for name, of in self.operating_points.items()
                    }
                }
                if self.operating_points
                else {}
            ),
        }


def _subgroups_dict(subgroups: Mapping[str, Mapping[str, Subgroup]]) -> dict[str, object]:
    return {name: {attribute: one.to_dict() for attribute, one in of_row.items()} for name, of_row in subgroups.items()}


def _points_dict(points: Mapping[str, Sequence[OperatingPoint]]) -> dict[str, object]:
    return {name: [one.to_dict() for one in of_row] for name, of_row in points.items()}


def _adaptations_dict(adaptations: Mapping[str, Adapted]) -> dict[str, object]:
    return {name: one.to_dict() for name, one in adaptations.items()}


def in_order(rows: Sequence[Row], adaptations: Collection[str]) -> tuple[Row, ...]:
    """By rank, then by the primary metric; adapted rows, which are called after their baselines, come last."""
    return tuple(sorted(rows, key=lambda row: (row.name in adaptations, *_place(row))))


def _place(row: Row) -> tuple[float, float, str]:
    value = row.cells.internal[primary().name].value
    return (float("inf") if row.rank is None else row.rank, -(value or 0.0), row.name)
