"""The jackknife t against plain loops over predictions, written independently."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from reports.jackknife import JackknifeT, jackknife_variance
from reports.leaderboard import build_leaderboard


def test_the_variance_of_a_mean_is_that_of_the_textbook() -> None:
    x = np.random.default_rng(0).normal(size=17)
    deleted = np.array([np.delete(x, i).mean() for i in range(17)])
    assert jackknife_variance(deleted) == pytest.approx(x.var(ddof=1) / 17)


def test_two_sides_without_seeds_are_welchs_t() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=12), rng.normal(1, 3, size=30)
    deleted = {
        "internal": np.array([np.delete(x, i).mean() for i in range(12)]) - y.mean(),
        "London": x.mean() - np.array([np.delete(y, i).mean() for i in range(30)]),
    }
    ours = JackknifeT.of(np.array([x.mean() - y.mean()]), deleted)
    welch = stats.ttest_ind(x, y, equal_var=False)
    assert ours.df == pytest.approx(welch.df)
    assert ours.p_value(x.mean() - y.mean()) == pytest.approx(welch.pvalue)
    interval = welch.confidence_interval(0.95)
    assert ours.interval(x.mean() - y.mean(), 0.95) == pytest.approx((interval.low, interval.high))


def test_the_minimum_detectable_difference_is_found_with_80_percent_power() -> None:
    test = JackknifeT(standard_error=0.02, df=1e6)
    z = stats.norm.ppf([0.975, 0.8]).sum()
    assert test.minimum_detectable() == pytest.approx(0.02 * z, rel=1e-4)


def test_nothing_varies() -> None:
    same = JackknifeT.of(np.array([0.5, 0.5]), {"internal": np.full(8, 0.5)})
    assert same.standard_error == 0
    assert same.p_value(0.0) == 1
    assert same.p_value(0.5) is None


def macro_f1(rows: pd.DataFrame, classes: list[str]) -> float:
    return f1_score(rows["label"], rows["predicted"], labels=classes, average="macro", zero_division=0)


def mean_over_seeds(rows: pd.DataFrame, classes: list[str]) -> float:
    return float(np.mean([macro_f1(part, classes) for _, part in rows.groupby("seed")]))


def loop_jackknife(sides: list[pd.DataFrame], estimate, per_seed: list[float]) -> tuple[float, float]:
    """Standard error and df when each side's clusters are left out in turn."""
    parts = []
    for place, side in enumerate(sides):
        values = []
        for cluster in side["cluster"].unique():
            rest = [other if k != place else side[side["cluster"] != cluster] for k, other in enumerate(sides)]
            values.append(estimate(*rest))
        g = len(values)
        parts.append(((g - 1) / g * sum((v - np.mean(values)) ** 2 for v in values), g - 1))
    if len(per_seed) > 1:
        parts.append((np.var(per_seed, ddof=1) / len(per_seed), len(per_seed) - 1))
    variance = sum(v for v, _ in parts)
    return variance**0.5, variance**2 / sum(v**2 / df for v, df in parts)


@pytest.mark.parametrize("seeds", [(4,), (0, 1, 2)], ids=["one seed", "three seeds"])
def test_cells_and_p_values_of_few_patients_equal_plain_loops(make_study, seeds) -> None:
    study = make_study(internal=110, external={"London": 57}, cases_per_patient=3)
    entries = [study.entry("a", 0.6, seeds=seeds), study.entry("b", 0.8, seeds=seeds)]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)
    groups = study.cases.set_index("case_id")["group"]
    classes = list(study.classes)
    internal, london = {}, {}
    for entry in entries:
        table = entry.predictions.assign(cluster=entry.predictions["case_id"].map(groups))
        internal[entry.backbone] = table[table["site"] == "internal"]
        london[entry.backbone] = table[table["site"] == "London"]

    def gap(at_home: pd.DataFrame, abroad: pd.DataFrame) -> float:
        return mean_over_seeds(at_home, classes) - mean_over_seeds(abroad, classes)

    home, away = internal["a"], london["a"]
    per_seed = [gap(home[home["seed"] == s], away[away["seed"] == s]) for s in seeds]
    error, df = loop_jackknife([home, away], gap, per_seed)
    cell = next(row for row in board.rows if row.name == "a").cells.gap["London"]["macro_f1"]
    half = stats.t.ppf(0.975, df) * error
    assert cell.method == "jackknife-t"
    assert (cell.value, cell.low, cell.high) == pytest.approx(
        (np.mean(per_seed), np.mean(per_seed) - half, np.mean(per_seed) + half), abs=1e-9
    )

    both = internal["a"].merge(internal["b"], on=["seed", "fold", "case_id", "label", "cluster"])

    def difference(rows: pd.DataFrame) -> float:
        a, b = (rows.rename(columns={f"predicted_{side}": "predicted"}) for side in "xy")
        return mean_over_seeds(a, classes) - mean_over_seeds(b, classes)

    per_seed = [difference(both[both["seed"] == s]) for s in seeds]
    error, df = loop_jackknife([both], difference, per_seed)
    one = next(c for c in board.comparisons if c.endpoint == "internal.macro_f1")
    assert one.standard_error == pytest.approx(error, abs=1e-9)
    assert one.p == pytest.approx(2 * stats.t.sf(abs(np.mean(per_seed)) / error, df), abs=1e-9)
    expected = (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * error
    assert one.minimum_detectable == pytest.approx(expected, abs=1e-9)
