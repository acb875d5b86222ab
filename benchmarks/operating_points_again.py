"""Intervals at a given threshold once more, by a second simulator, written from docs/operating-points.md alone.

Only the intervals are the product's. Patients of the other site have three slices each, half have the event, and
the truth comes from a large sample of patients and seeds.

    python -m benchmarks.operating_points_again [studies]
"""

import sys
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from reports import Entry, build_leaderboard
from reports.statistics.cell import Cell
from reports.statistics.operating_points import Rule
from reports.tables.operating_point import Event, PointsAsked

STUDIES, SEEDS, SLICES, PREVALENCE = 300, 5, 3, 0.1
WITH, WITHOUT, OF_PATIENTS, OF_SLICES, OF_NOISE, OF_SEEDS = 1.5, -1.2, 1.0, 0.6, 0.6, 0.35
PATIENTS = (60, 20)
ASKED = PointsAsked((Event("bleed", ("e",)),), (Rule.parse("0.5"),), (PREVALENCE,))


def truth() -> dict[str, float]:
    """Over 2,000 seeds and 100,000 patients."""
    rng = np.random.default_rng(1)
    shifts = rng.normal(0, OF_SEEDS, 2000)
    noise = np.sort(sum(rng.normal(0, spread, 100_000) for spread in (OF_PATIENTS, OF_SLICES, OF_NOISE)))
    sensitivity = 1 - np.searchsorted(noise, -WITH - shifts) / noise.size
    specificity = np.searchsorted(noise, -WITHOUT - shifts) / noise.size
    hit, passed = float(sensitivity.mean()), float(specificity.mean())
    return {
        "sensitivity": hit,
        "specificity": passed,
        "lr_positive": hit / (1 - passed),
        "lr_negative": (1 - hit) / passed,
        "ppv": float((sensitivity / (sensitivity + 1 - specificity)).mean()),
        "npv": float((specificity / (specificity + 1 - sensitivity)).mean()),
        "ppv at 10 %": PREVALENCE * hit / (PREVALENCE * hit + (1 - PREVALENCE) * (1 - passed)),
        "npv at 10 %": (1 - PREVALENCE) * passed / ((1 - PREVALENCE) * passed + PREVALENCE * (1 - hit)),
    }


def study(patients: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and cases; the few internal ones set nothing, since the threshold is given."""
    sites, rows = [], []
    for site, number in (("internal", 16), ("bern", patients)):
        patient = np.repeat(np.arange(number), SLICES)
        has = patient % 2 == 0
        own = rng.normal(0, OF_PATIENTS, number)[patient] + rng.normal(0, OF_SLICES, has.size)
        sites.append((site, patient, has, np.where(has, WITH, WITHOUT) + own))
    for seed in range(SEEDS):
        shift = rng.normal(0, OF_SEEDS)
        for site, patient, has, base in sites:
            p = 1 / (1 + np.exp(-(base + shift + rng.normal(0, OF_NOISE, base.size))))
            names, groups = ([f"{site}/{one:04d}" for one in many] for many in (range(base.size), patient))
            label, predicted = (np.where(one, "e", "n") for one in (has, p >= 0.5))
            table = {"seed": seed, "fold": 0, "site": site, "case_id": names, "label": label, "predicted": predicted}
            rows.append(pd.DataFrame({**table, "p_e": p, "p_n": 1 - p, "group": groups}))
    found = pd.concat(rows, ignore_index=True)
    return found.drop(columns="group"), found[["case_id", "site", "label", "group"]].drop_duplicates("case_id")


def cells(patients: int, rng: np.random.Generator) -> Mapping[str, Cell]:
    table, cases = study(patients, rng)
    entry = Entry("net", "random", "fine-tune", 1, 1.0, 1, table)
    board = build_leaderboard([entry], cases, ("e", "n"), rng=np.random.default_rng(0), points=ASKED)
    side = board.operating_points["net"][0].sides["bern"]
    ppv, npv = side.at_prevalence[PREVALENCE]
    return {**side.measures, "ppv at 10 %": ppv, "npv at 10 %": npv}


def lines(studies: int) -> Iterator[str]:
    true = truth()
    yield f"{studies} studies a line; {SEEDS} seeds, {SLICES} slices a patient, half of the patients with the event."
    yield ""
    yield "patients  " + "".join(f"{name:>13}" for name in true)
    for patients in PATIENTS:
        rng = np.random.default_rng([9, patients])
        held = dict.fromkeys(true, 0)
        for found in (cells(patients, rng) for _ in range(studies)):
            for name, value in true.items():
                low, high = found[name].low, found[name].high
                held[name] += low is not None and high is not None and low <= value <= high
        yield f"{patients:>8}  " + "".join(f"{number / studies:>13.3f}" for number in held.values())


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
