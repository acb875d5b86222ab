"""The leaderboard: predictions of several backbones → rows, comparisons and noise floors."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, Cases, index_cases
from reports.statistics.chance import chance, clearly_better
from reports.statistics.comparison import PRIMARY, Comparison, compare_all
from reports.statistics.estimate import IntervalChoice, refusal
from reports.statistics.intervals import Interval, chosen_interval
from reports.statistics.metrics import headline, primary, share_right
from reports.statistics.noise_floor import NoiseFloor, noise_floor
from reports.statistics.pooling import Pooled, pool_predictions
from reports.statistics.ranking import probability_of_best, rank
from reports.statistics.sample_gain import SampleGain, sample_gain
from reports.tables.adaptation import Adapted, beside_baselines
from reports.tables.caveats import TUNED, has
from reports.tables.hospitals import HOSPITAL, Hospitals, over_sites
from reports.tables.row import Entry, Row, build_row
from reports.tables.subgroups import Attribute, Subgroup, at_each_site, over_subgroups, sites_without_levels
from reports.tables.training_populations import TrainingPopulations, over_training_populations

SCHEMA = 1
NAMED_PAIRS = (("epidural", "subdural"),)
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
    adaptations: the adapted rows, which are compared with their baselines alone.
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
        rows = _in_order([replace(row, rank=None, ties=()) for row in self.rows], self.adaptations)
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
        }


def build_leaderboard(
    entries: Sequence[Entry],
    cases: pd.DataFrame,
    classes: Sequence[str],
    *,
    rng: np.random.Generator,
    resamples: int = 10_000,
    interval: Interval | None = None,
    stratify: bool = False,
    unit: str = "cases",
    attributes: Sequence[Attribute] = (),
) -> Leaderboard:
    """Pool, resample and compare the entries.

    cases: columns case_id, site, label and, where patients are known, group (a case without one is its own
    cluster). Where hospitals were each held out whole, the column `HOSPITAL` names them, and all cases are of the
    internal site. attributes: what makes subgroups of cases. The generator advances by one draw; the same generator
    state gives the same leaderboard, whatever the order of entries, predictions and cases. Incomplete seeds are left
    out and noted. Without `interval` it is the jackknife t, or bias-corrected percentiles where draws are stratified.

    Raises ValueError, naming the first offenders, on duplicates, unknown classes or cases, and predictions
    that contradict the case table.
    """
    choice = IntervalChoice(chosen_interval(interval, stratify=stratify))
    names = _unique_names(entries)
    table = index_cases(cases, classes)
    pairs = _pair_codes(classes)
    notes: list[str] = []
    pooled: list[Pooled] = []
    named: dict[str, Entry] = {}
    for name, entry in sorted(zip(names, entries, strict=True), key=lambda pair: pair[0]):
        one, left_out = pool_predictions(entry.predictions, table, name=name, folds=entry.folds, pairs=pairs)
        notes += left_out
        if one is not None:
            pooled.append(one)
            named[name] = entry

    draws = Draws.from_generator(rng, resamples)
    bootstrap = choice.interval != "jackknife-t"
    analyses = analyse(pooled, classes, pairs, draws, stratify=stratify, bootstrap=bootstrap)
    floors, without_floor = _noise_floors(analyses)
    tuned = [name for name, entry in named.items() if has(entry.caveats, "tuned")]
    adaptations, unknown = beside_baselines(named, analyses, pairs, draws, choice, stratify)
    eligible = [one for one in analyses if one.pooled.name not in (*tuned, *adaptations)]
    comparisons, unpaired = compare_all(eligible, pairs, draws, choice, floors, stratify)
    several = [one.pooled.name for one in eligible if len(one.pooled.seeds) > 1]
    standings = rank(list(named), comparisons, several)
    notes += without_floor + unpaired + unknown
    notes += [f"{name}: adapted, so it is not ranked, and compared with its baseline alone." for name in adaptations]
    notes += [f"{name}: {NOT_RANKED}" for name in tuned]
    notes += sites_without_levels(attributes, cases)
    rows = [build_row(one, named[one.pooled.name], standings[one.pooled.name], choice) for one in analyses]
    return Leaderboard(
        classes=tuple(classes),
        rows=_in_order(rows, adaptations),
        comparisons=tuple(comparisons),
        noise_floor=floors,
        probability_of_best=_probability_of_best(eligible, draws),
        sample_gains=_sample_gains(analyses),
        chance=chance(table),
        notes=tuple(notes),
        resamples=resamples,
        confidence=choice.confidence,
        interval=choice.interval,
        stratified=stratify,
        unit=unit,
        hospitals={
            one.pooled.name: over_sites(named[one.pooled.name].predictions, one.pooled, cases, classes, draws)
            for one in (analyses if HOSPITAL in cases else ())
        },
        subgroups={
            one.pooled.name: over_subgroups(
                named[one.pooled.name].predictions, one.pooled, cases, classes, attributes, draws
            )
            for one in (analyses if attributes else ())
        },
        training_populations=_over_training(analyses, named, table, draws),
        external_subgroups=_at_sites(analyses, named, cases, attributes, draws),
        adaptations=adaptations,
    )


def _at_sites(
    analyses: Sequence[Analysis],
    entries: Mapping[str, Entry],
    cases: pd.DataFrame,
    attributes: Sequence[Attribute],
    draws: Draws,
) -> dict[str, dict[str, dict[str, Subgroup]]]:
    """By row; those of which no external case has a level are left out."""
    found = dict[str, dict[str, dict[str, Subgroup]]]()
    for one in analyses if attributes else ():
        entry, pooled = entries[one.pooled.name], one.pooled
        of_row = at_each_site(entry.predictions, pooled, entry.folds, cases, one.classes, attributes, draws)
        if of_row:
            found[pooled.name] = of_row
    return found


def _over_training(
    analyses: Sequence[Analysis], entries: Mapping[str, Entry], cases: Cases, draws: Draws
) -> dict[str, TrainingPopulations]:
    found = {
        one.pooled.name: over_training_populations(one, entry.draws, cases, entry.folds, draws)
        for one in analyses
        for entry in (entries[one.pooled.name],)
        if entry.draws is not None
    }
    return {name: one for name, one in found.items() if one is not None}


def _subgroups_dict(subgroups: Mapping[str, Mapping[str, Subgroup]]) -> dict[str, object]:
    return {name: {attribute: one.to_dict() for attribute, one in of_row.items()} for name, of_row in subgroups.items()}


def _adaptations_dict(adaptations: Mapping[str, Adapted]) -> dict[str, object]:
    return {name: one.to_dict() for name, one in adaptations.items()}


def _unique_names(entries: Sequence[Entry]) -> list[str]:
    count = Counter(entry.backbone for entry in entries)
    alone = [count[entry.backbone] == 1 and not entry.adaptation for entry in entries]
    names = [entry.backbone if one else entry.full_name for entry, one in zip(entries, alone, strict=True)]
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(f"Several entries share backbone, recipe and weights: {', '.join(repeated)}.")
    return names


def _pair_codes(classes: Sequence[str]) -> tuple[tuple[int, int], ...]:
    lowered = [name.lower() for name in classes]
    return tuple((lowered.index(a), lowered.index(b)) for a, b in NAMED_PAIRS if a in lowered and b in lowered)


def _noise_floors(analyses: Sequence[Analysis]) -> tuple[dict[str, dict[str, NoiseFloor]], list[str]]:
    floors, notes = {}, []
    for one in analyses:
        name = one.pooled.name
        if len(one.pooled.seeds) < 2:
            notes.append(f"{name}: {ONE_SEED}")
            continue
        if not one.pooled.sides[INTERNAL].same_cases:
            notes.append(f"{name}: {OTHER_CASES}")
            continue
        internal = one.sides[INTERNAL].per_seed
        floors[name] = {metric.name: noise_floor(internal[metric.name]) for metric in headline()}
    return floors, notes


def _probability_of_best(analyses: Sequence[Analysis], draws: Draws) -> dict[str, float]:
    """By the primary endpoint, where all backbones have the same cases in the same folds under the same seeds."""
    alike = {(one.pooled.seeds, tuple(sorted(one.pooled.partitions.items()))) for one in analyses}
    quantities = [PRIMARY.of(one) for one in analyses]
    if len(analyses) < 2 or len(alike) > 1 or len(analyses[0].pooled.seeds) < 2:
        return {}
    if any(one.replicates is None or refusal(one.supports, one.kind) for one in quantities):
        return {}
    known = [one.known for one in quantities]
    rng = np.random.default_rng([draws.root, 3])
    shares = probability_of_best([one.per_seed for one in known], [one.changes[INTERNAL] for one in known], rng)
    return {one.pooled.name: float(share) for one, share in zip(analyses, shares, strict=True)}


def _sample_gains(analyses: Sequence[Analysis]) -> dict[str, SampleGain]:
    """Of the share of right predictions, internally; not of hold-out splits, whose seeds predict different cases."""
    of_same_cases = [one for one in analyses if one.pooled.sides[INTERNAL].same_cases]
    accuracy = {one.pooled.name: one.sides[INTERNAL].of(share_right().name) for one in of_same_cases}
    return {name: sample_gain(one.per_seed, one.changes[INTERNAL]) for name, one in accuracy.items()}


def _in_order(rows: Sequence[Row], adaptations: Collection[str]) -> tuple[Row, ...]:
    """By rank, then by the primary metric; adapted rows, which are called after their baselines, come last."""
    return tuple(sorted(rows, key=lambda row: (row.name in adaptations, *_place(row))))


def _place(row: Row) -> tuple[float, float, str]:
    value = row.cells.internal[primary().name].value
    return (float("inf") if row.rank is None else row.rank, -(value or 0.0), row.name)
