"""The jackknife t against plain loops over predictions, written independently."""

from functools import cache
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from sklearn.metrics import f1_score

from reports import build_leaderboard
from reports.statistics.jackknife import JackknifeT, Part, between_clusters, of_cluster_by_seed


def changes_of_mean(x: np.ndarray) -> np.ndarray:
    """What leaving out each unit changes of the mean of each column: (n_units, n_columns)."""
    return np.array([np.delete(x, i, axis=0).mean(0) for i in range(len(x))]) - x.mean(0)


def test_the_variance_of_a_mean_is_that_of_the_textbook() -> None:
    x = np.random.default_rng(0).normal(size=(17, 1))
    assert between_clusters(changes_of_mean(x)).variance == pytest.approx(x.var(ddof=1) / 17)


def test_cluster_by_seed_is_the_residual_mean_square_over_both() -> None:
    x = np.random.default_rng(1).normal(size=(11, 4))
    rest = x - x.mean(0) - x.mean(1, keepdims=True) + x.mean()
    expected = (rest**2).sum() / (10 * 3) / (11 * 4)
    assert of_cluster_by_seed(changes_of_mean(x)) == pytest.approx(expected)


def test_two_sides_of_equal_clusters_are_a_t_each() -> None:
    """One seed, clusters at ±1 and ±3: every fourth power is the square of the square, so none is lost of G − 1."""
    x, y = np.resize([1.0, -1.0], 12)[:, None], 5 + np.resize([3.0, -3.0], 30)[:, None]
    test = JackknifeT.of(np.array([-5.0]), {"internal": changes_of_mean(x), "London": -changes_of_mean(y)})
    assert [part.df for part in test.parts] == [11, 29]
    errors = [sample.std(ddof=1) / sqrt(len(sample)) for sample in (x, y)]
    quantiles = stats.t.ppf(0.975, [11, 29])
    assert test.half_width(0.95) == pytest.approx(np.hypot(*(quantiles * errors)))
    assert test.standard_error == pytest.approx(np.hypot(*errors))


def test_degrees_of_freedom_are_those_of_the_clusters_that_carry_the_variance() -> None:
    """Of normal changes of unequal variances the sum of squares has (Σv)²/Σv² degrees, here 12.1, of 60 clusters."""
    v = np.concatenate([np.full(10, 1.0), np.full(50, 0.01)])
    rng = np.random.default_rng(0)
    found = [between_clusters(rng.normal(0, np.sqrt(v))[:, None]).df for _ in range(400)]
    expected = v.sum() ** 2 / (v**2).sum()
    assert np.median(found) == pytest.approx(expected, rel=0.4)
    equal = [between_clusters(rng.normal(size=(60, 1))).df for _ in range(400)]
    assert np.median(equal) == pytest.approx(59, rel=0.1)


def test_one_cluster_that_carries_all_leaves_one_degree() -> None:
    assert between_clusters(np.array([[1.0], *[[0.0]] * 19])).df < 3
    assert between_clusters(np.array([[1.0], [0.0]])).df == 1


def test_p_is_the_level_at_which_the_interval_ends_at_zero() -> None:
    test = JackknifeT((Part(1e-4, 30), Part(2e-4, 4)))
    for level in (0.2, 0.05, 0.001):
        assert test.p_value(test.half_width(1 - level)) == pytest.approx(level, rel=1e-6)
    one = JackknifeT((Part(4e-4, 7),))
    assert one.p_value(0.05) == pytest.approx(2 * stats.t.sf(2.5, 7))
    assert test.p_value(1e9) == pytest.approx(0, abs=1e-12)


def test_the_minimum_detectable_difference_is_found_with_80_percent_power() -> None:
    many = JackknifeT((Part(0.02**2, 1e9),))
    assert many.minimum_detectable() == pytest.approx(0.02 * stats.norm.ppf([0.975, 0.8]).sum(), rel=1e-4)
    few = JackknifeT((Part(0.02**2, 2),)).minimum_detectable()
    power = stats.nct.sf(stats.t.ppf(0.975, 2), 2, few / 0.02)
    assert power == pytest.approx(0.8, abs=1e-6)


def test_the_margin_of_equivalence_is_where_both_one_sided_tests_reject() -> None:
    test = JackknifeT((Part(0.02**2, 9),))
    margin = test.equivalent_within(-0.01, 0.05)
    assert [stats.t.sf((margin + sign * 0.01) / 0.02, 9) for sign in (-1, 1)] == [
        pytest.approx(0.05),
        pytest.approx(stats.t.sf((margin + 0.01) / 0.02, 9)),
    ]


def test_nothing_varies() -> None:
    same = JackknifeT.of(np.array([0.5, 0.5]), {"internal": np.zeros((8, 2))})
    assert same.standard_error == 0
    assert same.half_width(0.95) == 0
    assert same.p_value(0.0) == 1
    assert same.p_value(0.5) is None


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
@pytest.mark.parametrize(("cluster", "seed", "both"), [(1, 0, 0.2), (1, 1, 0.05), (0.05, 1, 0.05), (0.05, 0.05, 1)])
def test_intervals_of_normal_worlds_cover_as_stated(seeds: int, cluster: float, seed: float, both: float) -> None:
    """Variances of the mean by clusters, seeds and both; of 800 studies the Monte-Carlo error is .008."""
    rng, n, hits = np.random.default_rng([seeds, int(100 * cluster), int(100 * seed)]), 40, 0
    for _ in range(800):
        x = (
            rng.normal(0, sqrt(cluster * n), (n, 1))
            + rng.normal(0, sqrt(seed * seeds), (1, seeds))
            + rng.normal(0, sqrt(both * n * seeds), (n, seeds))
        )
        changes = (x.mean(0) - x) / (n - 1)
        hits += abs(x.mean()) <= JackknifeT.of(x.mean(0), {"internal": changes}).half_width(0.95)
    assert hits / 800 >= 0.92
    assert seeds == 2 or hits / 800 <= 0.99  # two seeds know their variance so badly that intervals are long


def macro_f1(rows: pd.DataFrame, classes: list[str]) -> float:
    return _macro_f1(tuple(rows["label"]), tuple(rows["predicted"]), tuple(classes))


@cache
def _macro_f1(label: tuple[str, ...], predicted: tuple[str, ...], classes: tuple[str, ...]) -> float:
    """Kept, since the value, the gap and the difference all leave out the same rows."""
    return f1_score(label, predicted, labels=classes, average="macro", zero_division=0)


def mean_over_seeds(rows: pd.DataFrame, classes: list[str]) -> float:
    return float(np.mean([macro_f1(part, classes) for _, part in rows.groupby("seed")]))


def loop_parts(sides: list[pd.DataFrame], of_seed) -> list[tuple[float, float]]:
    """Variances and degrees of freedom when each side's clusters are left out in turn; of_seed: of one seed's rows."""
    seeds = sorted(sides[0]["seed"].unique())

    def by_seed(parts: list[pd.DataFrame]) -> list[float]:
        return [of_seed(*(part[part["seed"] == seed] for part in parts)) for seed in seeds]

    per_seed, found, shared = by_seed(sides), [], 0.0
    for place, side in enumerate(sides):
        rows = []
        for cluster in side["cluster"].unique():
            rest = [other if k != place else side[side["cluster"] != cluster] for k, other in enumerate(sides)]
            rows.append(by_seed(rest))
        table = np.array(rows)
        g, s = table.shape
        centred = table.mean(1) - table.mean()
        between = (g - 1) / g * (centred**2).sum()
        df = min(g - 1, max(1, 3 * (centred**2).sum() ** 2 / (centred**4).sum() - 1))
        both = 0.0
        if s > 1:
            # of pseudo-values G·θ − (G − 1)·θ(−g), the mean square of what clusters and seeds do not explain
            pseudo = g * np.array(per_seed) - (g - 1) * table
            rest = pseudo - pseudo.mean(0) - pseudo.mean(1, keepdims=True) + pseudo.mean()
            both = (rest**2).sum() / ((g - 1) * (s - 1)) / (g * s)
        found.append((between, both, df))
        shared += both
    if len(seeds) == 1:
        return [(between, df) for between, _, df in found]
    of_seeds, degrees = np.var(per_seed, ddof=1) / len(seeds), len(seeds) - 1
    if len(seeds) >= 5:
        return [*((max(between, both), df) for between, both, df in found), (max(0.0, of_seeds - shared), degrees)]
    unseen = max(0.0, 1 - of_seeds / shared)
    return [*((max(between - both, both * unseen), df) for between, both, df in found), (of_seeds, degrees)]


def half_width(parts: list[tuple[float, float]], level: float) -> float:
    return sqrt(sum(stats.t.isf(level / 2, df) ** 2 * variance for variance, df in parts))


def on_logit(value: float, half: float) -> tuple[float, float]:
    middle, half = log(value / (1 - value)), half / (value * (1 - value))
    return tuple(1 / (1 + exp(-(middle + sign * half))) for sign in (-1, 1))


@pytest.mark.parametrize("seeds", [(4,), (0, 1, 2), range(5)], ids=["one seed", "three seeds", "five seeds"])
def test_cells_and_p_values_of_few_patients_equal_plain_loops(make_study, seeds) -> None:
    study = make_study(internal=120, external={"London": 84}, cases_per_patient=3)
    entries = [study.entry("a", 0.6, seeds=seeds), study.entry("b", 0.8, seeds=seeds)]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)
    groups = study.cases.set_index("case_id")["group"]
    classes = list(study.classes)
    internal, london = {}, {}
    for entry in entries:
        table = entry.predictions.assign(cluster=entry.predictions["case_id"].map(groups))
        internal[entry.backbone] = table[table["site"] == "internal"]
        london[entry.backbone] = table[table["site"] == "London"]

    home, away = internal["a"], london["a"]
    row = next(row for row in board.rows if row.name == "a")
    at_home, abroad = row.cells.internal["macro_f1"], row.cells.external["London"]["macro_f1"]
    of_sides = [half_width(loop_parts([side], lambda rows: macro_f1(rows, classes)), 0.05) for side in (home, away)]
    values = [mean_over_seeds(side, classes) for side in (home, away)]
    if len(seeds) == 1:  # then the site's interval also holds how far its fold models differ
        of_models = [macro_f1(rows, classes) for _, rows in away.groupby("fold")]
        models = np.var(of_models, ddof=1) / len(of_models)
        t = stats.t.ppf(0.975, len(of_models) - 1)
        of_sides[1] = np.hypot(of_sides[1], t * sqrt(models))
    for cell, value, half in zip((at_home, abroad), values, of_sides, strict=True):
        assert (cell.value, cell.low, cell.high) == pytest.approx((value, *on_logit(value, half)), abs=1e-7)
        assert cell.method == "jackknife-t"

    parts = loop_parts([home, away], lambda a, b: macro_f1(a, classes) - macro_f1(b, classes))
    half = half_width(parts, 0.05) if len(seeds) > 1 else np.hypot(half_width(parts, 0.05), t * sqrt(models))
    shared = (of_sides[0] ** 2 + of_sides[1] ** 2 - half**2) / (2 * of_sides[0] * of_sides[1])
    down, up = at_home.value - at_home.low, at_home.high - at_home.value
    lower, upper = abroad.value - abroad.low, abroad.high - abroad.value
    gap = row.cells.gap["London"]["macro_f1"]
    value = values[0] - values[1]
    expected = (
        value,
        value - sqrt(down**2 + upper**2 - 2 * shared * down * upper),
        value + sqrt(up**2 + lower**2 - 2 * shared * up * lower),
    )
    assert (gap.value, gap.low, gap.high) == pytest.approx(expected, abs=1e-7)

    both = internal["a"].merge(internal["b"], on=["seed", "fold", "case_id", "label", "cluster"])

    def difference(rows: pd.DataFrame) -> float:
        a, b = (rows.rename(columns={f"predicted_{side}": "predicted"}) for side in "xy")
        return macro_f1(a, classes) - macro_f1(b, classes)

    parts = loop_parts([both], difference)
    one = next(c for c in board.comparisons if c.endpoint == "internal.macro_f1")
    value = np.mean([difference(rows) for _, rows in both.groupby("seed")])
    half = half_width(parts, 0.05)
    assert (one.difference.value, one.difference.low, one.difference.high) == pytest.approx(
        (value, value - half, value + half), abs=1e-7
    )
    if len(seeds) == 1:
        assert (one.p, one.standard_error, one.minimum_detectable, one.equivalent_within) == (None,) * 4
        return
    assert one.standard_error == pytest.approx(sqrt(sum(variance for variance, _ in parts)), abs=1e-7)
    p = optimize.brentq(lambda level: half_width(parts, level) - abs(value), 1e-12, 1)
    assert one.p == pytest.approx(p, rel=1e-4)
    assert one.equivalent_within == pytest.approx(abs(value) + half_width(parts, 0.1), abs=1e-7)
