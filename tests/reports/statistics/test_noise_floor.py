from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.statistics.noise_floor import noise_floor
from reports.tables.all_tables import build_tables


def test_the_floor_is_that_of_the_formula() -> None:
    # sd of .60, .62, .64 is .02
    floor = noise_floor(np.array([0.60, 0.62, 0.64]))
    assert floor.sigma == pytest.approx(0.02)
    # t of two degrees is 4.303
    assert floor.floor_1 == pytest.approx(4.3027 * 2**0.5 * 0.02, rel=1e-4)
    assert floor.floor_s == pytest.approx(floor.floor_1 / 3**0.5)


def test_its_interval_is_that_of_a_standard_deviation() -> None:
    floor = noise_floor(np.random.default_rng(0).normal(size=5))
    low, high = np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    known = stats.norm.ppf(0.975) * 2**0.5 * floor.sigma
    assert (floor.low / known, floor.high / known) == pytest.approx((low, high))
    # Five seeds know sigma within ×0.60–2.87 only.
    assert (low, high) == pytest.approx((0.60, 2.87), abs=0.005)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_it_bounds_95_percent_of_the_differences_of_further_seeds(seeds: int) -> None:
    """Floors of normal seeds against two further ones; of 4,000 the Monte-Carlo error is .0034."""
    values = np.random.default_rng(seeds).normal(size=(4000, seeds + 2))
    within = [abs(one[-1] - one[-2]) <= noise_floor(one[:-2]).floor_1 for one in values]
    assert np.mean(within) == pytest.approx(0.95, abs=0.012)


def test_one_seed_has_no_floor() -> None:
    with pytest.raises(ValueError, match="two seeds"):
        noise_floor(np.array([0.6]))


def test_a_difference_of_nothing_is_within_a_floor_of_nothing(make_study: Any) -> None:
    """Two backbones that predict the same under every seed."""
    study = make_study()
    first = study.entry("a", 1.5)  # always right
    board = leaderboard([first, replace(first, backbone="b")], study)
    assert board.noise_floor["a"]["macro_f1"].floor_1 == 0
    internal = [one for one in board.comparisons if one.endpoint.startswith("internal")]
    assert [(one.difference.value, one.below_noise_floor) for one in internal] == [(0, True), (0, True)]


def test_pairs_within_the_floor_are_named_under_the_leaderboard(make_study: Any) -> None:
    study = make_study()
    board = leaderboard([study.entry("a", 0.6), study.entry("b", 0.6, root=1), study.entry("far", 0.95)], study)
    text = " ".join(leaderboard_markdown(board).split())
    head = text.partition("## a")[0]
    floor = board.noise_floor["a"]
    accuracy, f1 = (
        f"{100 * one.floor_1:.1f} ({100 * one.low:.1f}–{100 * one.high:.1f})"
        for one in (floor["accuracy"], floor["macro_f1"])
    )
    said = (
        f"Two runs of a that differ only in seed differ by up to {accuracy} points of accuracy and {f1} points of "
        "macro F1 (95 %)."
    )
    assert said in head
    near = next(one for one in board.comparisons if (one.a, one.b, one.endpoint) == ("a", "b", "internal.macro_f1"))
    assert near.below_noise_floor
    points = f"{100 * abs(near.difference.value):.1f}"
    wider = max(board.noise_floor[name]["macro_f1"].floor_1 for name in "ab") / 5**0.5
    assert (
        f"Warning: a and b differ by {points} points of internal macro F1, within the {100 * wider:.1f} that other "
        "seeds alone make."
    ) in head
    assert "and far differ" not in text
    table = next(table for table in build_tables(board) if table.name == "noise_floor")
    assert said in table.notes


def leaderboard(entries: list[Entry], study: Any) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)
