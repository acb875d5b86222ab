"""Operating points against an implementation of its own, written from the description (docs/operating-points.md).

Every score that occurs is tried as threshold, cases are called one by one and counted, and all shares are fractions, so
that nothing rests on rounding. Scikit-learn counts a third time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from reports import Entry, build_leaderboard
from reports.statistics.operating_points import Rule
from reports.tables.operating_point import Event, OperatingPoint, PointsAsked

CLASSES = ("e", "n", "s")
EVENTS = {"bleed": ("e", "s"), "epidural": ("e",)}
PREVALENCES = (0.05, 0.3)
RULES = (
    "sensitivity:0.9",
    "sensitivity:0.5",
    "sensitivity:1",
    "specificity:0.9",
    "specificity:0.75",
    "specificity:1",
    "youden",
    "cost:5:1",
    "cost:1:3",
    "cost:10:1:0.1",
    "cost:1:1:0.3",
    "0.5",
    "0.35",
)
NAMES = ("sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative")


@dataclass(frozen=True)
class Called:
    """One case under one model: its score, and whether it has the event."""

    score: float
    has: bool


@dataclass
class Counts:
    """How many cases with and without the event are called, or not."""

    hit: int = 0
    missed: int = 0
    false: int = 0
    passed: int = 0

    def add(self, case: Called, threshold: float) -> None:
        called = case.score >= threshold
        if case.has:
            self.hit, self.missed = self.hit + called, self.missed + (not called)
        else:
            self.false, self.passed = self.false + called, self.passed + (not called)


def share(part: int, rest: int) -> Fraction | None:
    return Fraction(part, part + rest) if part + rest else None


def predictive(right_and_wrong: Sequence[tuple[int, int]]) -> Fraction | None:
    """The mean share of right calls; none where some seed has no such call."""
    shares = [share(right, wrong) for right, wrong in right_and_wrong]
    known = [one for one in shares if one is not None]
    return mean(known) if len(known) == len(shares) else None


def counted(cases: Sequence[Called], threshold: float) -> Counts:
    counts = Counts()
    for case in cases:
        counts.add(case, threshold)
    return counts


def threshold_of(rule: str, cases: Sequence[Called]) -> float:
    """The threshold that the rule takes on these cases, tried one after the other from the lowest score up."""
    kind, *numbers = rule.split(":")
    if kind not in ("sensitivity", "specificity", "youden", "cost"):
        return float(rule)
    given = [Fraction(number) for number in numbers]
    with_event = sum(case.has for case in cases)
    prevalence = given[2] if kind == "cost" and len(given) == 3 else Fraction(with_event, len(cases))
    best, chosen = None, inf
    for threshold in [*sorted({case.score for case in cases}), inf]:
        counts = counted(cases, threshold)
        sensitivity, specificity = share(counts.hit, counts.missed), share(counts.passed, counts.false)
        assert sensitivity is not None
        assert specificity is not None
        if kind == "sensitivity":
            if sensitivity >= given[0]:  # the last one that holds is the highest
                chosen = threshold
        elif kind == "specificity":
            if specificity >= given[0]:
                return threshold
        else:
            worth = sensitivity + specificity
            if kind == "cost":
                missed, false = given[:2]
                worth = -(prevalence * missed * (1 - sensitivity) + (1 - prevalence) * false * (1 - specificity))
            if best is None or worth > best:
                best, chosen = worth, threshold
    return chosen


def mean(values: Sequence[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def odds(part: Fraction | None, rest: Fraction | None) -> Fraction | None:
    """part / rest where both are known and the quotient is a number."""
    return None if part is None or rest is None or rest == 0 else part / rest


def flip(value: Fraction | None) -> Fraction | None:
    return None if value is None else 1 - value


@dataclass(frozen=True)
class Side:
    """Values of one side of one point, None where there is no number."""

    cases: tuple[int, int]
    values: dict[str, Fraction | None]
    at_prevalence: dict[float, tuple[Fraction | None, Fraction | None]]


def side_of(counts: Sequence[Counts], cases: tuple[int, int]) -> Side:
    """The side from the counts of each seed."""
    sensitivity = mean([share(one.hit, one.missed) for one in counts])
    specificity = mean([share(one.passed, one.false) for one in counts])
    values = {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": predictive([(one.hit, one.false) for one in counts]),
        "npv": predictive([(one.passed, one.missed) for one in counts]),
        "lr_positive": odds(sensitivity, flip(specificity)),
        "lr_negative": odds(flip(sensitivity), specificity),
    }
    stated: dict[float, tuple[Fraction | None, Fraction | None]] = {}
    for prevalence in PREVALENCES:
        p = Fraction(str(prevalence))
        both: tuple[Fraction | None, Fraction | None] = (None, None)
        if sensitivity is not None and specificity is not None:
            true_called, false_called = p * sensitivity, (1 - p) * (1 - specificity)
            true_passed, false_passed = (1 - p) * specificity, p * (1 - sensitivity)
            both = odds(true_called, true_called + false_called), odds(true_passed, true_passed + false_passed)
        stated[prevalence] = both
    return Side(cases, values, stated)


@dataclass(frozen=True)
class Point:
    thresholds: tuple[float | None, ...]
    sides: dict[str, Side]


Rows = list[tuple[int, int, str, Called]]
"""(seed, fold, site, case) of every prediction."""


def rows_of(table: pd.DataFrame, event: Sequence[str]) -> Rows:
    rows: Rows = []
    for row in table.to_dict("records"):
        score = round(sum(float(row[f"p_{name}"]) for name in event), 9)
        rows.append((row["seed"], row["fold"], row["site"], Called(score, row["label"] in event)))
    return rows


def point_of(rows: Rows, numbers: dict[str, tuple[int, int]], rule: str) -> Point:
    """The point from all predictions, and the number of cases of each side with the event and without."""
    thresholds: list[float] = []
    of_side: dict[str, list[Counts]] = {site: [] for site in numbers}
    for seed in sorted({seed for seed, *_ in rows}):
        home = [(fold, case) for of, fold, site, case in rows if of == seed and site == "internal"]
        thresholds.append(threshold_of(rule, [case for _, case in home]))
        at_home = Counts()
        for fold in sorted({fold for fold, _ in home}):
            threshold = threshold_of(rule, [case for other, case in home if other != fold])
            for other, case in home:
                if other == fold:
                    at_home.add(case, threshold)
        of_side["internal"].append(at_home)
        for site in of_side:
            if site != "internal":
                abroad = [case for of, _, where, case in rows if of == seed and where == site]
                of_side[site].append(counted(abroad, thresholds[-1]))
    return Point(
        tuple(None if threshold == inf else threshold for threshold in thresholds),
        {site: side_of(counts, numbers[site]) for site, counts in of_side.items()},
    )


def numbers_of(cases: pd.DataFrame, event: Sequence[str]) -> dict[str, tuple[int, int]]:
    numbers = {}
    for site, of_site in cases.groupby("site"):
        has = of_site["label"].isin(event)
        numbers[str(site)] = (int(has.sum()), int((~has).sum()))
    return numbers


def study(
    root: int, *, seeds: int, folds: int, sites: Sequence[str], size: int, rounded: bool, per_patient: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and cases; patients are whole in a fold, and each has one label in most of its cases."""
    rng = np.random.default_rng(root)
    names, rows = [], []
    for site in ("internal", *sites):
        for n in range(size):
            patient = n // per_patient
            code = patient % 3 if rng.random() < 0.9 else int(rng.integers(3))
            names.append((f"{site}/{n:03d}", site, CLASSES[code], f"{site}/p{patient}" if per_patient > 1 else None))
    skill = rng.uniform(0.3, 2.5)
    for seed in range(seeds):
        order = rng.permutation(-(-size // per_patient))  # of patients, so that no fold is empty
        for place, (case, site, label, _) in enumerate(names):
            home = int(order[(place % size) // per_patient]) % folds
            for fold in (home,) if site == "internal" else range(folds):
                logit = rng.normal(0, 1, 3) + skill * (np.array(CLASSES) == label)
                p = np.exp(logit) / np.exp(logit).sum()
                if rounded:
                    p = rng.multinomial(10, p) / 10
                rows.append((seed, fold, site, case, label, CLASSES[int(p.argmax())], *p))
    columns = ["seed", "fold", "site", "case_id", "label", "predicted", *(f"p_{name}" for name in CLASSES)]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(names, columns=["case_id", "site", "label", "group"])


def settable(table: pd.DataFrame, event: Sequence[str]) -> bool:
    """Whether every threshold has cases with and without the event to be set on."""
    home = table[table["site"] == "internal"]
    for _, of_seed in home.groupby("seed"):
        for fold in of_seed["fold"].unique():
            if of_seed[of_seed["fold"] != fold]["label"].isin(event).nunique() < 2:
                return False
    return True


def built(table: pd.DataFrame, cases: pd.DataFrame, folds: int, rules: Sequence[str]) -> list[OperatingPoint]:
    asked = PointsAsked(
        tuple(Event(name, classes) for name, classes in EVENTS.items()),
        tuple(Rule.parse(rule) for rule in rules),
        PREVALENCES,
    )
    entry = Entry("net", "random", "ft", 1, 1.0, folds, table)
    board = build_leaderboard([entry], cases, CLASSES, rng=np.random.default_rng(0), points=asked)
    return list(board.operating_points["net"])


def same(value: float | None, ours: Fraction | float | None, where: str) -> None:
    if ours is None:
        assert value is None, where
    else:
        assert value == pytest.approx(float(ours), abs=1e-9, rel=1e-9), where


def compare(table: pd.DataFrame, cases: pd.DataFrame, folds: int, rules: Sequence[str]) -> None:
    points = built(table, cases, folds, rules)
    of_event = {event: (rows_of(table, event), numbers_of(cases, event)) for event in EVENTS.values()}
    pairs = [(event, rule) for event in EVENTS.values() for rule in rules]
    assert len(points) == len(pairs)
    for point, (event, rule) in zip(points, pairs, strict=True):
        ours = point_of(*of_event[event], rule)
        for theirs_at, ours_at in zip(point.thresholds, ours.thresholds, strict=True):
            same(theirs_at, ours_at, f"{event} {rule} threshold")
        assert set(point.sides) == set(ours.sides)
        for site, side in ours.sides.items():
            theirs, where = point.sides[site], f"{event} {rule} {site}"
            assert tuple(theirs.cases) == side.cases, where
            for name in NAMES:
                same(theirs.measures[name].value, side.values[name], f"{where} {name}")
            for prevalence, both in side.at_prevalence.items():
                for cell, value, name in zip(theirs.at_prevalence[prevalence], both, ("ppv", "npv"), strict=True):
                    same(cell.value, value, f"{where} {name} at {prevalence}")
            if site != "internal":
                for name in ("sensitivity", "specificity"):
                    home, away = ours.sides["internal"].values[name], side.values[name]
                    lost = None if home is None or away is None else home - away
                    same(point.gaps[site][name].value, lost, f"{where} loss of {name}")


@settings(
    derandomize=True,
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    root=st.integers(0, 2**31),
    seeds=st.integers(2, 3),
    folds=st.integers(2, 4),
    sites=st.sampled_from([("bern",), ("bern", "oslo")]),
    size=st.integers(24, 60),
    rounded=st.booleans(),
    per_patient=st.sampled_from([1, 1, 2, 3]),
    rules=st.permutations(RULES).map(lambda rules: rules[:4]),
)
def test_random_tables(
    root: int,
    seeds: int,
    folds: int,
    sites: tuple[str, ...],
    size: int,
    rounded: bool,
    per_patient: int,
    rules: list[str],
) -> None:
    table, cases = study(
        root, seeds=seeds, folds=folds, sites=sites, size=size, rounded=rounded, per_patient=per_patient
    )
    assume(all(settable(table, event) for event in EVENTS.values()))
    compare(table, cases, folds, rules)


@pytest.mark.parametrize(("root", "rounded"), [(23, True), (5, False)])
def test_every_rule_on_one_table(root: int, rounded: bool) -> None:
    sites = ("bern", "oslo")
    table, cases = study(root, seeds=2, folds=3, sites=sites, size=33, rounded=rounded, per_patient=2)
    compare(table, cases, 3, RULES)


def test_scikit_learn_counts_the_same_at_a_site() -> None:
    table, cases = study(7, seeds=3, folds=2, sites=("bern",), size=45, rounded=False, per_patient=1)
    for point in built(table, cases, 2, ("sensitivity:0.9", "youden", "0.5")):
        said: dict[str, list[float]] = {"sensitivity": [], "specificity": [], "ppv": [], "npv": []}
        for seed, threshold in enumerate(point.thresholds):
            assert threshold is not None
            rows = table[(table["seed"] == seed) & (table["site"] == "bern")]
            has = rows["label"].isin(point.event.classes)
            called = sum(rows[f"p_{name}"] for name in point.event.classes) >= threshold
            said["sensitivity"].append(recall_score(has, called))
            said["specificity"].append(recall_score(~has, ~called))
            said["ppv"].append(precision_score(has, called))
            said["npv"].append(precision_score(~has, ~called))
        for name, values in said.items():
            assert point.sides["bern"].measures[name].value == pytest.approx(np.mean(values), abs=1e-9)


def test_where_no_call_is_cheapest_none_is_made() -> None:
    home = [("n", 0.9), ("e", 0.8), ("n", 0.3), ("e", 0.2), ("n", 0.7), ("n", 0.6)]
    rows = [Called(score, label == "e") for label, score in home]
    assert threshold_of("cost:1:100", rows) == inf
    assert threshold_of("specificity:1", rows) == inf
    assert threshold_of("youden", rows) == 0.8
    assert threshold_of("sensitivity:1", rows) == 0.2
