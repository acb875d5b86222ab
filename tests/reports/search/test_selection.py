"""Selection optimism, stability and the tables of a search, on cases worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from reports.search.charts import TrialPoint, search_charts
from reports.search.selection import METHOD, Range, mean_importance, selection_optimism, stability
from reports.search.tables import Counts, FlatSearch, NestedFold, NestedSearch, search_tables
from reports.statistics.cell import Cell


def test_optimism_is_the_mean_difference_with_the_corrected_interval() -> None:
    inner = np.array([[0.80, 0.82, 0.84], [0.78, 0.86, 0.80]])
    outer = np.array([[0.75, 0.80, 0.78], [0.77, 0.79, 0.76]])
    cell = selection_optimism(inner, outer)
    differences = np.array([0.05, 0.02, 0.06, 0.01, 0.07, 0.04])
    scale = np.sqrt((1 / 6 + 1 / 2) * differences.var(ddof=1))  # 2 seeds of 3 folds
    half = stats.t.ppf(0.975, 5) * scale
    assert cell.value == pytest.approx(0.25 / 6)
    assert (cell.low, cell.high) == pytest.approx((0.25 / 6 - half, 0.25 / 6 + half))
    assert cell.method == METHOD
    less_is_better = selection_optimism(inner, outer, higher_is_better=False)
    assert less_is_better.value == pytest.approx(-0.25 / 6)


def test_optimism_of_one_fold_has_no_interval() -> None:
    cell = selection_optimism(np.array([[0.8]]), np.array([[0.7]]))
    assert cell.value == pytest.approx(0.1)
    assert (cell.low, cell.high) == (None, None)
    assert cell.reason is not None


def test_the_interval_covers_where_folds_share_cases() -> None:
    """Differences with correlation 1/F, as the correction supposes: 95 % must hold the true optimism, 0.03."""
    rng = np.random.default_rng(0)
    folds, covered = 5, 0
    for _ in range(600):
        shared = rng.normal(0, np.sqrt(1 / folds))
        noise = rng.normal(0, np.sqrt(1 - 1 / folds), (1, folds))
        cell = selection_optimism(0.03 + 0.02 * (shared + noise), np.zeros((1, folds)))
        assert cell.low is not None
        assert cell.high is not None
        covered += cell.low <= 0.03 <= cell.high
    assert covered / 600 == pytest.approx(0.95, abs=0.03)


def test_stability_of_numbers_and_choices() -> None:
    found = stability("lr", [1e-3, 1e-2, 1e-4, 1e-3], Range(1e-4, 1.0, log=True))
    assert found.typical == pytest.approx(1e-3)
    assert (found.lowest, found.highest) == (1e-4, 1e-2)
    assert found.spread == pytest.approx(0.5)
    assert (found.agreement, found.at_edge, found.folds) == (0.5, 1, 4)
    whole = stability("epochs", [2, 6, 10], Range(2, 10))
    assert (whole.typical, whole.spread, whole.at_edge) == (6.0, 1.0, 2)
    chosen = stability("batch_size", [16, 32, 16], None)
    assert (chosen.typical, chosen.spread, chosen.agreement) == (16, None, pytest.approx(2 / 3))


def test_importance_is_averaged_over_the_studies_that_have_one() -> None:
    assert mean_importance([{"lr": 0.8, "epochs": 0.2}, {}, {"lr": 0.4, "epochs": 0.6}]) == pytest.approx(
        {"lr": 0.6, "epochs": 0.4}
    )
    assert mean_importance([{}]) == {}


def test_tables() -> None:
    cell = Cell(0.8, 0.7, 0.9, METHOD)
    nested = NestedSearch(
        name="r",
        metric="macro_f1",
        inner=0.85,
        outer=cell,
        optimism=Cell(0.05, 0.01, 0.09, METHOD),
        default=cell,
        improvement=Cell(0.1, 0.0, 0.2, METHOD),
        improvement_metric="macro_f1",
        p=0.01,
        folds=(NestedFold(0, 0, {"lr": 0.01234}, 0.85, 0.8, 0.7), NestedFold(0, 1, {"lr": 0.002}, 0.85, 0.8, 0.7)),
        stability=(stability("lr", [0.01234, 0.002], Range(1e-3, 1e-1, log=True)),),
        importance={"lr": 1.0},
        counts=Counts(8, 2, 0),
    )
    flat = FlatSearch("f", "accuracy", 0.9, {"lr": 0.01, "epochs": 3}, {"epochs": 1.0}, Counts(3, 1, 0))
    tables = {table.name: table for table in search_tables([nested], [flat])}
    assert list(tables) == ["search_nested", "search_folds", "search_stability", "search_flat", "search_importance"]
    assert [row[3] for row in tables["search_folds"].rows] == ["0.0123", "0.002"]
    assert any("tuned on these cases" in note for note in tables["search_flat"].notes)
    assert any("confounded with training size" in note for note in tables[search_tables([nested], [])[0].name].notes)
    assert "lr 0.01, epochs 3" in tables["search_flat"].rows[0]
    assert [table.name for table in search_tables([], [flat])] == ["search_flat", "search_importance"]


def test_charts_show_the_best_so_far_and_what_was_pruned() -> None:
    trials = [
        TrialPoint(0, {"lr": 0.1, "size": 16}, 0.5),
        TrialPoint(1, {"lr": 0.2, "size": 32}, None, 0.3),
        TrialPoint(2, {"lr": 0.3, "size": 32}, 0.4),
        TrialPoint(3, {"lr": 0.4, "size": 16}, 0.7),
        TrialPoint(4, {"lr": 0.4, "size": 16}, None),
    ]
    charts = search_charts("s", "accuracy", trials, {"lr": 1.0}, {"lr": True, "size": [16, 32]})
    assert charts.history.numbers == (0, 2, 3)
    assert charts.history.best == (0.5, 0.5, 0.7)
    assert charts.history.pruned == ((1, 0.3),)
    assert charts.slices[0].values == (0.1, 0.3, 0.4)
    assert charts.slices[0].log
    assert (charts.slices[1].values, charts.slices[1].choices) == (("16", "32", "16"), ("16", "32"))
    worse = search_charts("s", "brier", trials, {}, {}, higher_is_better=False)
    assert worse.history.best == (0.5, 0.4, 0.4)
