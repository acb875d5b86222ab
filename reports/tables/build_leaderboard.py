"""From entries to the leaderboard: pool, resample, compare, rank."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, Cases, index_cases
from reports.statistics.chance import chance
from reports.statistics.comparison import PRIMARY, compare_all
from reports.statistics.estimate import IntervalChoice, refusal
from reports.statistics.intervals import Interval, chosen_interval
from reports.statistics.metrics import headline, share_right
from reports.statistics.noise_floor import NoiseFloor, noise_floor
from reports.statistics.pooling import Pooled, pool_predictions
from reports.statistics.ranking import probability_of_best, rank
from reports.statistics.sample_gain import SampleGain, sample_gain
from reports.tables.adaptation import beside_baselines
from reports.tables.caveats import has
from reports.tables.hospitals import HOSPITAL, over_sites
from reports.tables.leaderboard import NOT_RANKED, ONE_SEED, OTHER_CASES, Leaderboard, in_order
from reports.tables.operating_point import NO_POINTS, OperatingPoint, PointsAsked
from reports.tables.operating_points import operating_points
from reports.tables.row import Entry, build_row
from reports.tables.subgroups import Attribute, Subgroup, at_each_site, over_subgroups, sites_without_levels
from reports.tables.training_populations import TrainingPopulations, over_training_populations

NAMED_PAIRS = (("epidural", "subdural"),)


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
    points: PointsAsked = NO_POINTS,
) -> Leaderboard:
    """Pool, resample and compare the entries.

    cases: columns case_id, site, label and, where patients are known, group (a case without one is its own
    cluster). Where hospitals were each held out whole, the column `HOSPITAL` names them, and all cases are of the
    internal site. attributes: what makes subgroups of cases. points: operating points to give. The generator advances
    by one draw; the same generator state gives the same leaderboard, whatever the order of entries, predictions and
    cases. Incomplete seeds are left out and noted. Without `interval` it is the jackknife t, or
    bias-corrected percentiles where draws are stratified.

    Raises ValueError, naming the first offenders, on duplicates, unknown classes or cases, predictions that contradict
    the case table, and events of unknown classes or of all.
    """
    points.refuse_unknown(classes)
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
    at_points, without_points = _operating_points(analyses, named, cases, points, draws)
    notes += without_points
    rows = [build_row(one, named[one.pooled.name], standings[one.pooled.name], choice) for one in analyses]
    return Leaderboard(
        classes=tuple(classes),
        rows=in_order(rows, adaptations),
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
        operating_points=at_points,
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


def _operating_points(
    analyses: Sequence[Analysis],
    entries: Mapping[str, Entry],
    cases: pd.DataFrame,
    asked: PointsAsked,
    draws: Draws,
) -> tuple[dict[str, tuple[OperatingPoint, ...]], list[str]]:
    """By row, where it has some; and notes."""
    found, notes = dict[str, tuple[OperatingPoint, ...]](), list[str]()
    for one in analyses if asked.events else ():
        entry, pooled = entries[one.pooled.name], one.pooled
        of_row, said = operating_points(entry.predictions, pooled, entry.folds, cases, one.classes, asked, draws)
        notes += said
        if of_row:
            found[pooled.name] = tuple(of_row)
    return found, notes


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
