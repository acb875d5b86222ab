"""How often intervals at operating points hold, and what thresholds that judge themselves would claim.

    python -m benchmarks.operating_points [studies]

Patients have slices, a share of patients has the event; scores are logistic in effects of patient, slice and seed,
and external ones are shifted. A study draws patients and seeds, sets thresholds on its internal predictions and locks
them; the truth of its intervals is what they give for all patients of the site, over further seeds whose thresholds the
same internal cases set.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from benchmarks.timing import versions
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.cell import Cell
from reports.statistics.operating_points import Rule
from reports.statistics.pooling import pool_predictions
from reports.tables.operating_point import (
    LR_NEGATIVE,
    LR_POSITIVE,
    SENSITIVITY,
    SPECIFICITY,
    Event,
    OperatingPoint,
    PointsAsked,
)
from reports.tables.operating_points import operating_points

CLASSES, SLICES, FOLDS, SEEDS, PREVALENCE = ("sick", "well"), 3, 5, 5, 0.05
PATIENT, SLICE, SEED, APART, SHIFT = 0.8, 0.6, 0.3, 2.0, -0.5
STUDIES, FURTHER = 400, 40
ASKED = PointsAsked((Event("sick", ("sick",)),), (Rule.parse("sensitivity:0.9"), Rule.parse("youden")), (PREVALENCE,))


@dataclass(frozen=True)
class World:
    """Patients inside and at the other site, and the share of them that has the event."""

    inside: int
    outside: int
    share: float


WORLDS = (World(300, 150, 0.5), World(100, 60, 0.5), World(100, 100, 0.2), World(60, 30, 0.5))


@dataclass(frozen=True)
class Study:
    """The points found; base: the internal slices' scores without what a seed adds, and which of them are sick."""

    points: list[OperatingPoint]
    base: np.ndarray
    sick: np.ndarray


def slices(patients: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each slice the patient, whether it is sick, and its score without site and seed."""
    patient = np.repeat(np.arange(patients), SLICES)
    sick = patient < round(patients * share)
    return patient, sick, APART * (sick - 0.5) + rng.normal(0, PATIENT, patients)[patient]


def predicted(
    site: str, seed: int, model: int | None, p: np.ndarray, patient: np.ndarray, sick: np.ndarray
) -> pd.DataFrame:
    """model: None where each patient's own fold predicts it."""
    return pd.DataFrame(
        {
            "seed": seed,
            "fold": patient % FOLDS if model is None else model,
            "site": site,
            "case_id": [f"{site}/{one:05d}" for one in range(len(patient))],
            "group": [f"{site}-{one}" for one in patient],
            "label": np.where(sick, *CLASSES),
            "predicted": np.where(p >= 0.5, *CLASSES),
            "p_sick": p,
            "p_well": 1 - p,
        }
    )


def study(world: World, rng: np.random.Generator) -> Study:
    inside, outside = (slices(number, world.share, rng) for number in (world.inside, world.outside))
    tables = []
    for seed, effect in enumerate(rng.normal(0, SEED, SEEDS)):
        for site, (patient, sick, base), models in (("internal", inside, [None]), ("bern", outside, [*range(FOLDS)])):
            for model in models:
                score = base + effect + (SHIFT if site == "bern" else 0.0) + rng.normal(0, SLICE, len(base))
                tables.append(predicted(site, seed, model, expit(score), patient, sick))
    table = pd.concat(tables)
    cases = table.drop_duplicates("case_id")[["case_id", "site", "label", "group"]]
    pooled, _ = pool_predictions(table, index_cases(cases, CLASSES), name="net", folds=FOLDS)
    assert pooled is not None
    found, _ = operating_points(table, pooled, FOLDS, cases, CLASSES, ASKED, Draws(0, 1))
    return Study(found, inside[2], inside[1])


def locked(rule: str, score: np.ndarray, sick: np.ndarray) -> float:
    """The threshold by its definition, on the scale of scores."""
    if rule == "sensitivity:0.9":
        return float(np.sort(score[sick])[::-1][int(np.ceil(0.9 * sick.sum())) - 1])
    order = np.argsort(-score)
    gain = np.cumsum(np.where(sick[order], 1 / sick.sum(), -1 / (~sick).sum()))
    return float(score[order[len(gain) - 1 - gain[::-1].argmax()]])


def truth(rule: str, of: Study, place: float, rng: np.random.Generator) -> tuple[float, float]:
    """Sensitivity and specificity for all patients of a site whose scores lie at `place`, over further seeds.

    Each of these sets its threshold on the study's own internal cases, as it is locked.
    """
    spread, found = np.hypot(PATIENT, SLICE), []
    for effect in rng.normal(0, SEED, FURTHER):
        cut = locked(rule, of.base + effect + rng.normal(0, SLICE, len(of.base)), of.sick)
        found.append([norm.sf((cut - sign * APART / 2 - place - effect) / spread) for sign in (1, -1)])
    sick, well = np.mean(found, 0)
    return float(sick), float(1 - well)


def held(cell: Cell, value: float) -> float:
    """Whether the interval holds it; NaN without an interval."""
    return float("nan") if cell.low is None or cell.high is None else float(cell.low <= value <= cell.high)


def outcome(one: OperatingPoint, of: Study, rng: np.random.Generator) -> list[float]:
    """At the other site which intervals hold their truth; of internal cases the sensitivity found, and the true one."""
    at, odds = one.sides["bern"], PREVALENCE / (1 - PREVALENCE)
    sensitivity, specificity = truth(one.rule.text, of, SHIFT, rng)
    positive, negative = sensitivity / (1 - specificity), (1 - sensitivity) / specificity
    ppv, npv = at.at_prevalence[PREVALENCE]
    inside = one.sides["internal"].measures[SENSITIVITY].value
    assert inside is not None
    return [
        held(at.measures[SENSITIVITY], sensitivity),
        held(at.measures[SPECIFICITY], specificity),
        held(at.measures[LR_POSITIVE], positive),
        held(at.measures[LR_NEGATIVE], negative),
        held(ppv, positive * odds / (1 + positive * odds)),
        held(npv, 1 / (1 + negative * odds)),
        inside,
        truth(one.rule.text, of, 0.0, rng)[0],
    ]


def lines(studies: int) -> Iterator[str]:
    error = 100 * np.sqrt(0.0475 / studies)
    yield f"{versions('numpy', 'scipy')}; {studies} studies a line,"
    yield f"{SLICES} slices a patient, {SEEDS} seeds, {FOLDS} folds."
    yield f"Intervals of 95 % at the other site that hold (Monte-Carlo error {error:.1f} points), and the mean internal"
    yield "sensitivity as it is reported (cross-fitted) and as it is for all patients."
    yield ""
    yield ("patients in, out, sick  threshold by     sens.   spec.     LR+     LR−   PPV 5%  NPV 5%   internal    true")
    for place, world in enumerate(WORLDS):
        rng = np.random.default_rng([9, place])
        made = [study(world, rng) for _ in range(studies)]
        for number, rule in enumerate(ASKED.rules):
            found = np.array([outcome(of.points[number], of, rng) for of in made])
            shares = "".join(f"{100 * share:>7.1f}%" for share in np.nanmean(found[:, :6], 0))
            inside, true = found[:, 6:].mean(0)
            shown = f"{world.inside}, {world.outside}, {world.share:.0%}"
            yield f"{shown:<23} {rule.text:<15}{shares}   {inside:>8.3f}   {true:>5.3f}"


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
