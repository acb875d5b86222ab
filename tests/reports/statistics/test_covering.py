"""The counts of covered, refused and found, and that every number of a real leaderboard is met by its truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import printed
from benchmarks.corrected import TABLE
from benchmarks.covering import alike, by_kind, coverage, outside_goals
from benchmarks.error_rates import knowing, rates, surely_above
from benchmarks.listed_worlds import WORLDS, two_backbones
from benchmarks.measured import CELLS, content_of, measure
from benchmarks.seed_figures import floor_coverage, gain, per_seed
from benchmarks.world_studies import draw
from benchmarks.world_truth import truth
from benchmarks.worlds import Effects, Population, World

TINY = World("tiny", Population(60), Population(40, accuracy=0.65), seeds=2, folds=3)


def _cells(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(CELLS))


def test_coverage_counts_intervals_and_refusals_apart() -> None:
    nan = float("nan")
    table = coverage(
        _cells(
            ("internal.accuracy", 0.5, 0.4, 0.6, False, 0.45, nan),
            ("internal.accuracy", 0.5, 0.4, 0.6, False, 0.65, nan),
            ("internal.accuracy", 0.8, 0.7, 0.9, True, 0.65, nan),
            ("internal.accuracy", 0.5, None, None, False, 0.45, nan),
        )
    )
    row = table.loc["internal.accuracy"]
    assert (row["n"], row["refused"], row["covered"]) == (3, 0.25, pytest.approx(1 / 3))
    assert (row["below"], row["above"], row["width"]) == (
        pytest.approx(1 / 3),
        pytest.approx(1 / 3),
        pytest.approx(0.2),
    )


def test_with_one_seed_the_truth_is_that_of_the_models() -> None:
    row = coverage(_cells(("internal.accuracy", 0.5, 0.4, 0.6, True, 0.7, 0.55))).loc["internal.accuracy"]
    assert (row["covered"], row["covered_all"]) == (1, 0)


def test_goals_depend_on_the_seeds_and_labelled_cells_are_free() -> None:
    def table(covered: int, label: bool = False) -> pd.DataFrame:
        ends = [(0.4, 0.6)] * covered + [(0.1, 0.2)] * (100 - covered)
        return coverage(_cells(*(("gap.kappa", 0.5, low, high, label, 0.5, float("nan")) for low, high in ends)))

    assert outside_goals(table(80), 5)["sure"].tolist() == [True]
    assert outside_goals(table(91), 5)["sure"].tolist() == [False]
    assert outside_goals(table(91), 3).empty
    assert outside_goals(table(95), 10).empty
    assert outside_goals(table(80, label=True), 5).empty
    assert outside_goals(table(100), 5)["sure"].tolist() == [False]


def test_classes_that_are_alike_are_counted_together() -> None:
    nan = float("nan")
    cells = _cells(
        ("internal.recall:epidural", 0.5, 0.4, 0.6, False, 0.5, nan),
        ("internal.recall:subdural", 0.5, 0.4, 0.6, False, 0.9, nan),
        ("internal.accuracy", 0.5, 0.4, 0.6, False, 0.5, nan),
    )
    together = coverage(alike(cells)).loc["internal.recall of a class"]
    assert (together["covered"], together["classes"]) == (0.5, 2)
    apart = by_kind(coverage(cells)).set_index("kind")
    assert apart.loc["recall", "covered"] == 0.5


def test_rates_leave_out_the_studies_that_give_no_test() -> None:
    tests = pd.DataFrame({"test": ["a", "a", "a", "b"], "found": [True, False, None, None]})
    table = rates(tests)
    assert table.loc["a"].tolist() == [0.5, pytest.approx(1 / 3)]
    assert np.isnan(table.loc["b", "found"])
    assert table.loc["b", "absent"] == 1


def test_a_test_is_surely_above_its_goal_beyond_two_errors() -> None:
    table = pd.DataFrame({"found": [0.06, 0.2, 0.1], "absent": 0.0}, index=["x: p", "y: p", "P(best) ≥ .99"])
    assert surely_above(table, 100).index.tolist() == ["y: p", "P(best) ≥ .99"]


def test_knowing_the_error_a_difference_of_two_errors_is_found_half_the_time() -> None:
    rng = np.random.default_rng(1)
    rows = [("difference.internal.accuracy", v, 0.0, 0.0, False, 1.96, float("nan")) for v in rng.normal(1.96, 1, 4000)]
    assert knowing(_cells(*rows))["internal.accuracy"] == pytest.approx(0.5, abs=0.03)


def test_every_interval_of_a_leaderboard_has_a_truth() -> None:
    content = content_of(draw(TINY, np.random.default_rng(2)), 50, np.random.default_rng(3))
    places = {one.place for one in printed.cells(content["rows"][0]) if one.low is not None}
    assert places <= truth(TINY, 0, 16).keys()
    kinds = {"accuracy", "macro_f1", "balanced_accuracy", "kappa", "auroc", "brier", "confused", "recall:epidural"}
    assert {f"{side}.{kind}" for side in ("internal", "external", "gap") for kind in kinds} <= places
    assert {"appearance.accuracy", "prevalence.macro_f1"} <= places


def test_the_reference_of_the_calibration_error_is_read_from_its_remark() -> None:
    content = content_of(draw(TINY, np.random.default_rng(2)), 50, np.random.default_rng(3))
    error, reference = printed.reference_of_calibration(content["rows"][0]) or (0.0, 0.0)
    assert 0 < error < 1
    assert 0 < reference < 0.5
    assert printed.reference_of_calibration({"internal": {"ece": {"value": 0.1, "reason": "none"}}}) is None


def test_printed_values_are_near_their_truth_in_a_large_study() -> None:
    world = World("large", Population(2500), Population(1500, accuracy=0.65), Effects(seed=0), seeds=2, folds=2)
    content = content_of(draw(world, np.random.default_rng(4)), 20, np.random.default_rng(5))
    expected = truth(world, 0, 16)
    for one in printed.cells(content["rows"][0]):
        if one.place in expected:
            assert one.value == pytest.approx(expected[one.place], abs=0.07), one.place


def test_a_measurement_has_cells_tests_and_differences() -> None:
    cells, tests, seconds = measure(replace(TINY, backbones=2, difference=0.05), 4, 20, exactness=16)
    assert seconds > 0
    assert {"internal.accuracy", "difference.internal.accuracy", "difference.gap.macro_f1"} <= set(cells["place"])
    assert (cells.groupby("place").size() == 4).all()
    apart = cells[cells["place"] == "difference.internal.accuracy"]["truth"]
    assert apart.to_numpy() == pytest.approx(0.05, abs=0.006)
    assert {"internal.macro_f1: p", "any endpoint: resolved"} <= set(tests["test"])


def test_the_accuracy_of_a_seed_is_its_share_of_right_predictions() -> None:
    study = draw(TINY, np.random.default_rng(6), further_seeds=3)
    right = (study.scores_inside[0].argmax(-1) == study.inside.label).mean(-1)
    assert per_seed(study, "accuracy") == pytest.approx(right)
    assert len(right) == 5


def test_floors_and_gains_are_measured() -> None:
    world = replace(WORLDS["seeds"], inside=Population(60), seeds=3)
    one, several = floor_coverage(world, "accuracy", 6, 20)
    assert 0.3 < one <= 1
    assert 0.3 < several <= 1
    found = gain(world, 8, 20)
    assert 1 < found.true_gain < 5
    assert found.cases == 60


def test_the_table_names_worlds_and_every_row_of_it_has_a_nominal_value() -> None:
    assert all(line.printed and line.world and line.nominal for line in TABLE)
    assert two_backbones("seeds", 3).backbones == 2
