"""What charts show, checked without drawing: against the leaderboard, scikit-learn, and by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from reports import Entry, Leaderboard, build_leaderboard
from reports.page.confused_cases import gather
from reports.page.estimates import of_classes, of_gap, on_sides
from reports.page.learning import curve_points, scored_on_the_way, still_rising
from reports.page.overview import noise_bands, overview
from reports.page.pairs import pair_matrix, pairs_of
from reports.page.reliability import reliability
from reports.page.seed_dots import of_seeds
from reports.page.standings import page_standings
from reports.statistics.metrics import METRICS, compared


@pytest.fixture
def entries(make_study: Callable) -> tuple[Leaderboard, list[Entry]]:
    study = make_study(external={"London": 60, "Oslo": 40})
    made = [study.entry("weak", 0.4), study.entry("strong", 0.8)]
    return build_leaderboard(made, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200), made


def test_the_mean_of_the_dots_is_the_value_of_the_leaderboard(entries: tuple[Leaderboard, list[Entry]]) -> None:
    board, made = entries
    confusions = gather({entry.backbone: (entry.predictions, (0, 1, 2, 3, 4)) for entry in made}, board.classes)
    for metric in compared():
        dots = of_seeds(confusions, {row.name: row.seeds for row in board.rows}, metric)
        assert len(dots) == 2 * 3 * 5
        for row in board.rows:
            for side, cells in (("internal", row.cells.internal), *row.cells.external.items()):
                values = [dot.value for dot in dots if (dot.backbone, dot.side) == (row.name, side)]
                assert np.mean(values) == pytest.approx(cells[metric.name].value)


def test_estimates_are_the_cells_of_the_rows(entries: tuple[Leaderboard, list[Entry]]) -> None:
    board, _ = entries
    first = board.rows[0]
    assert {(one.row, one.series) for one in on_sides(board, METRICS["accuracy"])} == {
        (name, side) for name in ("weak", "strong") for side in ("internal", "London", "Oslo")
    }
    gap = {one.series: one.cell for one in of_gap(board, "Oslo", METRICS["macro_f1"]) if one.row == first.name}
    assert gap["gap"] == first.cells.gap["Oslo"]["macro_f1"]
    assert gap["gap"].value == pytest.approx(gap["appearance shift"].value + gap["prevalence shift"].value)
    assert len(of_classes(first, "f1")) == len(board.classes) * 3


def test_both_halves_of_the_matrix_are_opposite(entries: tuple[Leaderboard, list[Entry]]) -> None:
    board, _ = entries
    upper, lower = pairs_of(board)
    assert (upper.row, upper.column, lower.row) == ("strong", "weak", "weak")
    assert upper.difference == -lower.difference > 0
    values = {row.name: row.cells.internal["macro_f1"].value for row in board.rows}
    assert upper.difference == pytest.approx(values["strong"] - values["weak"])
    assert upper.label.endswith("*")
    assert lower.label.startswith("−")


def test_reliability_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(3), 500)
    frame = pd.DataFrame(probabilities, columns=["p_a", "p_b", "p_c"])
    frame["predicted"] = np.array(["a", "b", "c"])[probabilities.argmax(1)]
    frame["label"], frame["site"] = rng.choice(["a", "b", "c"], 500), "internal"
    bins = reliability(frame, ("a", "b", "c"))
    right = frame["label"] == frame["predicted"]
    accuracy, confidence = calibration_curve(right, probabilities.max(1), n_bins=10)
    assert [one.accuracy for one in bins] == pytest.approx(accuracy)
    assert [one.confidence for one in bins] == pytest.approx(confidence)
    assert sum(one.share for one in bins) == pytest.approx(1)
    assert reliability(frame.assign(p_a=np.nan), ("a", "b", "c")) == ()
    assert reliability(frame.drop(columns="p_a"), ("a", "b", "c")) == ()


def test_a_curve_is_the_mean_over_folds_and_long_ones_are_thinned() -> None:
    rows = [(seed, fold, epoch, 1.0 + fold + epoch, 2.0) for seed in (3, 5) for fold in (0, 1) for epoch in range(200)]
    history = pd.DataFrame(rows, columns=["seed", "fold", "epoch", "train_loss", "val_loss"])
    points = curve_points(history, "loss")
    assert {point.series for point in points} == {"training", "held-out fold"}
    of_seed = [point for point in points if (point.series, point.seed) == ("training", 5)]
    assert len(of_seed) == 60
    assert of_seed[-1].epoch == 200
    assert all(point.value == pytest.approx(1.5 + point.epoch - 1) for point in of_seed)
    short = curve_points(history[history["epoch"] < 3], "loss")
    assert sorted({point.epoch for point in short}) == [1, 2, 3]


def rising_by(gains: list[float]) -> pd.DataFrame:
    """A run for each gain, which it makes between the fourth and the sixth of six epochs."""
    scores = [
        (0, run, epoch, 0.5 + (gain if epoch == 5 else 0)) for run, gain in enumerate(gains) for epoch in range(6)
    ]
    return pd.DataFrame(scores, columns=["seed", "fold", "epoch", "val_macro_f1"])


def test_curves_that_still_rise_are_those_whose_runs_gain_together() -> None:
    found = still_rising(rising_by([0.02, 0.03, 0.04]))
    assert found is not None
    assert (found.gained, found.epochs, found.of) == (pytest.approx(0.03), 2, 6)
    assert still_rising(rising_by([0.5, -0.4, 0.1])) is None  # mean .07, standard error .26
    assert still_rising(rising_by([0.004, 0.005, 0.006])) is None  # under a hundredth
    assert still_rising(rising_by([0.1, 0.1])) is None  # two runs
    assert still_rising(pd.DataFrame()) is None


def test_runs_scored_after_the_last_epoch_alone_say_nothing_of_a_rise() -> None:
    history = rising_by([0.02, 0.03, 0.04])
    assert scored_on_the_way(history)
    last = history.assign(val_macro_f1=history["val_macro_f1"].where(history["epoch"] == 5))
    assert not scored_on_the_way(last)
    assert still_rising(last) is None
    assert not scored_on_the_way(pd.DataFrame())


def test_the_picture_has_each_side_of_each_backbone_and_the_noise_around_the_first(
    entries: tuple[Leaderboard, list[Entry]],
) -> None:
    board, _ = entries
    first = board.rows[0].cells.internal["accuracy"].value
    floors = {name: floors["accuracy"].floor_s for name, floors in board.noise_floor.items()}
    widths = {band.row: (band.high - band.low) / 2 for band in noise_bands(board)}
    assert widths == {"strong": pytest.approx(floors["strong"]), "weak": pytest.approx(max(floors.values()))}
    assert all((band.low + band.high) / 2 == pytest.approx(first) for band in noise_bands(board))
    for one in board.comparisons:
        if one.endpoint == "internal.accuracy":
            assert one.below_noise_floor == (abs(one.difference.value) <= widths["weak"])
    chart = overview(board)
    assert chart is not None
    rows = {(row["row"], row["series"]) for rows in chart.spec["datasets"].values() for row in rows if "series" in row}
    assert rows == {(name, side) for name in ("weak", "strong") for side in ("internal", "London", "Oslo")}


def test_a_matrix_of_pairs_takes_three_backbones(make_study: Callable) -> None:
    study = make_study()
    made = [study.entry(name, right) for name, right in (("a", 0.4), ("b", 0.6), ("c", 0.8))]
    two, three = (
        build_leaderboard(some, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
        for some in (made[:2], made)
    )
    assert pair_matrix(two) is None
    assert pair_matrix(three) is not None


def test_rows_of_one_backbone_are_told_apart(make_study: Callable) -> None:
    study = make_study()
    made = [study.entry("net", 0.4, weights="random"), study.entry("net", 0.8)]
    board = build_leaderboard(made, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    table = page_standings(board)
    place = [column.name for column in table.columns].index("backbone")
    assert [row[place] for row in table.rows[:2]] == [row.name for row in board.rows]
    assert len({row[place] for row in table.rows}) == 3
