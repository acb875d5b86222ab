"""In studies whose truth is known, the printed intervals hold it and the tests do not cry wolf.

A smaller version of `benchmarks/coverage.py` and `benchmarks/comparisons.py`. Shares of 60 studies have a Monte-Carlo
standard error of .03; the bounds leave room for it: each would be crossed once in a thousand by a share that is right.
"""

import numpy as np
import pytest
from scipy.stats import binom, ttest_1samp

from benchmarks import comparisons, coverage
from benchmarks.simulated_studies import N_FOLDS, Retrained, Setting

STUDIES, RESAMPLES = 60, 200
CASES = Setting(300, 120, 5)
PATIENTS = Setting(600, 600, 5, patients=True)
LEAST_COVERAGE, MOST_FALSE_ALARMS = 0.93, 0.06


def least(share: float) -> float:
    return float(binom.ppf(0.001, STUDIES, share)) / STUDIES


def most(share: float) -> float:
    return float(binom.ppf(0.999, STUDIES, share)) / STUDIES


@pytest.mark.parametrize("setting", [CASES, PATIENTS], ids=["cases", "patients"])
def test_printed_intervals_hold_the_truth(setting: Setting) -> None:
    found = coverage.measure((setting, STUDIES, RESAMPLES))
    for side in coverage.SIDES:
        for metric in coverage.METRICS:
            hits = np.array(found[f"{coverage.PRINTED}/{side}/{metric}"])
            assert np.isnan(hits).mean() < 0.05, "hardly any is refused here"
            assert np.nanmean(hits) >= least(LEAST_COVERAGE), (side, metric)
    papers = np.mean(found["t over seeds/gap/accuracy"])
    assert papers <= most(0.85), "what papers print does not cover, so that the simulation can tell"


@pytest.mark.parametrize("setting", [CASES, PATIENTS], ids=["cases", "patients"])
def test_backbones_that_do_not_differ_are_seldom_told_apart(setting: Setting) -> None:
    found = comparisons.measure(("alike", setting, STUDIES, RESAMPLES))
    printed = [test for test in comparisons.TESTS if test != comparisons.PEER]
    tested = {key: hits for key, hits in found.items() if key[1] in printed}
    assert len(tested) == 6 * 2 + 2 * 2, "six endpoints with p and interval, two of them internal with fold tests"
    for key, hits in tested.items():
        assert np.mean(hits) <= most(MOST_FALSE_ALARMS), key


def test_a_t_test_over_fold_scores_would_tell_them_apart() -> None:
    rng, alarms = np.random.default_rng(0), []
    for _ in range(STUDIES):
        _, (a, b) = Retrained().study(CASES, rng)
        scores = [
            one.predictions.query("site == 'internal'")
            .assign(right=lambda table: table["label"] == table["predicted"])
            .groupby(["seed", "fold"])["right"]
            .mean()
            for one in (a, b)
        ]
        assert len(scores[0]) == CASES.seeds * N_FOLDS
        alarms.append(ttest_1samp(scores[0] - scores[1], 0).pvalue <= 0.05)
    assert np.mean(alarms) > most(MOST_FALSE_ALARMS)
