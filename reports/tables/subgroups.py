"""The metrics of the leaderboard at each level of attributes such as sex or age, for every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import FEW_HOLD_MOST, Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, Cases, index_cases
from reports.statistics.cell import Cell
from reports.statistics.comparison import holm
from reports.statistics.confusion_counts import Flags
from reports.statistics.estimate import IntervalChoice, Quantity, estimate, refusal, too_biased
from reports.statistics.metrics import headline
from reports.statistics.metrics.metric import CountMetric
from reports.statistics.pooling import Pooled, pool_predictions
from reports.statistics.subgroups import REST, Heterogeneity, Level, difference_to_rest, heterogeneity

_NEEDED = ["seed", "fold", "site", "case_id", "label", "predicted"]


@dataclass(frozen=True)
class Attribute:
    """A property that cases may have. levels: in the order of tables; of_case: case id → level, where it has one."""

    name: str
    levels: tuple[str, ...]
    of_case: Mapping[str, str]


@dataclass(frozen=True)
class OverLevels:
    """A metric of one row. values, differences: by level its cell, and that of the level minus all other levels.

    left_out: why a level does not enter the test; p_holm: adjusted over the subgroups of the row.
    """

    values: Mapping[str, Cell]
    differences: Mapping[str, Cell]
    left_out: Mapping[str, str]
    test: Heterogeneity | None
    p_holm: float | None = None

    def to_dict(self) -> dict[str, object]:
        test = self.test
        return {
            "levels": {
                level: {"value": cell.to_dict(), "difference_to_rest": self.differences[level].to_dict()}
                for level, cell in self.values.items()
            },
            "left_out": dict(self.left_out),
            "heterogeneity": None
            if test is None
            else {**vars(test), "levels": list(test.levels), "p_holm": self.p_holm},
        }


@dataclass(frozen=True)
class Subgroup:
    """All metrics of one row over levels. counts: level → (cases, clusters); without: how many cases have no level."""

    counts: Mapping[str, tuple[int, int]]
    without: int
    metrics: Mapping[str, OverLevels]

    def to_dict(self) -> dict[str, object]:
        return {
            "cases": {level: cases for level, (cases, _) in self.counts.items()},
            "clusters": {level: clusters for level, (_, clusters) in self.counts.items()},
            "without": self.without,
            "metrics": {name: one.to_dict() for name, one in self.metrics.items()},
        }


def over_subgroups(
    predictions: pd.DataFrame,
    pooled: Pooled,
    cases: pd.DataFrame,
    classes: Sequence[str],
    attributes: Sequence[Attribute],
    draws: Draws,
) -> dict[str, Subgroup]:
    """Of one row, by attribute, from its internal predictions; its complete seeds alone."""
    inside = predictions[(predictions["site"] == INTERNAL) & predictions["seed"].isin(pooled.seeds)]
    inside = inside[_NEEDED].assign(fold=0)  # out of fold, a case has one prediction a seed, whatever the fold
    of_side = _Side(INTERNAL, inside, inside[:0], index_cases(cases, classes), 1, draws)
    return _over_attributes(of_side, attributes)


def at_each_site(
    predictions: pd.DataFrame,
    pooled: Pooled,
    folds: int,
    cases: pd.DataFrame,
    classes: Sequence[str],
    attributes: Sequence[Attribute],
    draws: Draws,
) -> dict[str, dict[str, Subgroup]]:
    """The same by external site, whose cases all fold models predict; sites of which no case has a level are left out.

    folds: how many fold models a seed has.
    """
    kept = predictions[predictions["seed"].isin(pooled.seeds)][_NEEDED]
    # A seed is complete where its fold models have an internal case each, whichever it is.
    models = kept[kept["site"] == INTERNAL].drop_duplicates(["seed", "fold"])
    table, found = index_cases(cases, classes), dict[str, dict[str, Subgroup]]()
    for site in pooled.sides:
        if site != INTERNAL:
            of_side = _Side(site, kept[kept["site"] == site], models, table, folds, draws)
            if of_site := _over_attributes(of_side, attributes):
                found[site] = of_site
    return found


def sites_without_levels(attributes: Sequence[Attribute], cases: pd.DataFrame) -> list[str]:
    """A note on each attribute and site where there is nothing to compare: no case has a level, or all the same."""
    notes = []
    for one in attributes:
        for site, of_site in cases.groupby("site", sort=True, observed=True)["case_id"]:
            there = {level for name in of_site.astype(str) if (level := one.of_case.get(name)) is not None}
            if not there:
                notes.append(f"Subgroup {one.name}: no case of {site} has a level.")
            elif len(there) == 1:
                notes.append(f"Subgroup {one.name}: at {site} there is one level, {there.pop()}, and no rest.")
    return notes


@dataclass(frozen=True)
class _Side:
    """The predictions of one side, those that say which fold models there are, and how many of these a seed has."""

    name: str
    predictions: pd.DataFrame
    models: pd.DataFrame
    cases: Cases
    folds: int
    draws: Draws

    def analysis(self, kept: Flags) -> Analysis | None:
        """Of some of the predictions."""
        predictions = pd.concat([self.predictions[kept], self.models]) if kept.any() else self.predictions[:0]
        if predictions.empty:
            return None
        cases = self.cases.only(predictions["case_id"].astype(str).unique())
        pooled, _ = pool_predictions(predictions, cases, name="", folds=self.folds)
        return None if pooled is None else analyse([pooled], cases.classes, (), self.draws, bootstrap=False)[0]


def _over_attributes(side: _Side, attributes: Sequence[Attribute]) -> dict[str, Subgroup]:
    found = {one.name: _over_levels(side, one) for one in attributes}
    return _adjusted({name: one for name, one in found.items() if one.counts})


def _over_levels(of_side: _Side, attribute: Attribute) -> Subgroup:
    ids = of_side.predictions["case_id"].astype(str)
    level_of = ids.map(attribute.of_case)
    levels, rests = dict[str, Analysis](), dict[str, Analysis]()
    for level in attribute.levels:
        of_level = of_side.analysis((level_of == level).to_numpy())
        rest = of_side.analysis((level_of.notna() & (level_of != level)).to_numpy())
        if of_level is not None and rest is not None:
            levels[level], rests[level] = of_level, rest
    sides = {level: one.pooled.sides[of_side.name] for level, one in levels.items()}
    return Subgroup(
        {level: (side.n_cases, len(side.clusters)) for level, side in sides.items()},
        int(ids[level_of.isna().to_numpy()].nunique()),
        {metric.name: _of_metric(levels, rests, metric, of_side.name) for metric in headline()},
    )


def _of_metric(
    levels: Mapping[str, Analysis], rests: Mapping[str, Analysis], metric: CountMetric, side: str
) -> OverLevels:
    values, differences, left_out = dict[str, Cell](), dict[str, Cell](), dict[str, str]()
    entering, choice = list[Level](), IntervalChoice()
    for name, one in levels.items():
        level, rest = _at(name, one, metric, side), _at(REST, rests[name], metric, side)
        values[name] = estimate(level.quantity, choice)
        differences[name] = estimate(difference_to_rest(level, rest), choice)
        if why := _why_left_out(level.quantity):
            left_out[name] = why
        else:
            entering.append(level)
    return OverLevels(values, differences, left_out, heterogeneity(entering))


def _at(name: str, one: Analysis, metric: CountMetric, of_side: str) -> Level:
    """A metric at one level. An average over fewer classes than elsewhere is another quantity, and is not given."""
    side, found = one.pooled.sides[of_side], one.on_side(metric, of_side)
    absent = [label for code, label in enumerate(one.classes) if code not in side.present]
    if absent and found.kind == "class average":
        found = Quantity(None, (), found.kind, f"{name} has no case of {', '.join(absent)}")
    elif found.replicates is None:
        found = Quantity(None, (), found.kind, f"undefined at {name}, which has cases of {len(side.present)} class(es)")
    else:
        few = f"at {name} {FEW_HOLD_MOST}" if side.few_hold_most and found.kind == "class average" else None
        found = replace(found, supports=tuple(replace(one, side=name) for one in found.supports), reason=few)
    return Level(name, found, side.clusters, one.pooled.seeds)


def _why_left_out(found: Quantity) -> str | None:
    if found.replicates is None:
        return found.reason
    return refusal(found.supports, found.kind) or too_biased(found)


def _adjusted(found: Mapping[str, Subgroup]) -> dict[str, Subgroup]:
    """With the p of each metric adjusted over the subgroups (Holm 1979)."""
    adjusted = {name: dict(one.metrics) for name, one in found.items()}
    for metric in headline():
        tested = [(name, test.p) for name, one in found.items() if (test := one.metrics[metric.name].test)]
        for (name, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
            adjusted[name][metric.name] = replace(found[name].metrics[metric.name], p_holm=p)
    return {name: replace(one, metrics=adjusted[name]) for name, one in found.items()}
