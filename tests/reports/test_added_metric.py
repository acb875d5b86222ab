"""A metric that one entry adds stands wherever metrics stand: no other place knows metrics by their names."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from bench.option import declared
from bench.search.metric import direction
from bench.search.options import SearchOptions
from reports import Leaderboard, Metric, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.board_sections import board_sections
from reports.page.draw_page import page_html
from reports.page.drawing import draw
from reports.page.model_sections import model_sections
from reports.page.part import Page
from reports.statistics.confusion_counts import ConfusionCounts, Floats, Integers
from reports.statistics.metrics import METRICS
from reports.statistics.metrics.metric import CountMetric, LeftOut, ProbabilityMetric
from reports.tables.all_tables import build_tables


def share_wrong(counts: ConfusionCounts) -> Floats:
    return np.asarray(1 - counts.tp.sum(-1) / counts.truth.sum(-1))


def doubt(probabilities: Floats, label: Integers, cluster: Integers) -> LeftOut:
    """The mean probability of all classes but the right one."""
    lost = 1 - probabilities[np.arange(len(label)), label]
    number, sums = np.bincount(cluster), np.bincount(cluster, weights=lost)
    return LeftOut(lost.mean(keepdims=True), ((lost.sum() - sums) / (len(lost) - number))[:, None])


WRONG = CountMetric(
    name="share_wrong",
    title="Share wrong",
    kind="proportion",
    compute=share_wrong,
    higher_is_better=False,
    headline=True,
    chance=lambda drawn, held: 1 - float(drawn @ held),
)
DOUBT = ProbabilityMetric(
    name="doubt",
    title="Doubt",
    kind="score",
    compute=doubt,
    higher_is_better=False,
    calibration="Doubt is what is not given to the right class.",
    short="Doubt",
)


@pytest.fixture(params=[WRONG, DOUBT], ids=lambda metric: metric.name)
def added(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Metric:
    """One more entry among the metrics."""
    metric: Metric = request.param
    monkeypatch.setitem(METRICS, metric.name, metric)
    return metric


@pytest.fixture
def made(added: Metric, make_study: Callable) -> tuple[Leaderboard, str]:
    """A leaderboard of two backbones with probabilities, and its page."""
    study = make_study(internal=120)
    entries = [study.entry("weak", 0.4), study.entry("strong", 0.8)]
    for entry in entries:
        rows = entry.predictions
        for name in study.classes:
            rows[f"p_{name}"] = np.where(rows["predicted"] == name, 0.7, 0.3 / (len(study.classes) - 1))
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=100)
    sections = (*board_sections(board), *model_sections(board, {one.backbone: one for one in entries}, {}))
    page = Page("Report", (), (), sections)
    return board, page_html(page, {chart.name: draw(chart) for chart in page.charts})


def test_it_has_a_value_with_an_interval_and_a_gap_in_the_json(added: Metric, made: tuple[Leaderboard, str]) -> None:
    for row in json.loads(json.dumps(made[0].to_dict()))["rows"]:
        for cells in (row["internal"], row["external"]["London"], row["gap"]["London"]):
            cell = cells[added.name]
            assert cell["low"] < cell["value"] < cell["high"]
        if added is WRONG:
            assert row["internal"]["share_wrong"]["value"] == pytest.approx(1 - row["internal"]["accuracy"]["value"])


def test_it_stands_in_the_markdown_the_tables_and_the_page(added: Metric, made: tuple[Leaderboard, str]) -> None:
    board, page = made
    assert f"| {added.title}  " in leaderboard_markdown(board)
    (first, *_) = build_tables(board, [added.name])
    assert f"Internal {added.in_sentence}" in [column.title for column in first.columns]
    assert page.count(added.title) >= len(board.rows)


def test_a_headline_metric_is_compared_has_a_noise_floor_and_its_gap_is_split(
    added: Metric, made: tuple[Leaderboard, str]
) -> None:
    board, page = made
    is_headline = added is WRONG
    assert (f"internal.{added.name}" in {one.endpoint for one in board.comparisons}) == is_headline
    assert all((added.name in floors) == is_headline for floors in board.noise_floor.values())
    assert all((added.name in row.gap_split["London"]) == is_headline for row in board.rows)
    assert (f"Internal {added.in_sentence}" in leaderboard_markdown(board)) == is_headline
    assert ("Share wrong of each seed" in page) == is_headline
    assert ("Calibration error, Brier score and Doubt" in page) == (not is_headline)


def test_what_guessing_reaches_is_that_of_its_entry(added: Metric, made: tuple[Leaderboard, str]) -> None:
    of_internal = made[0].chance["internal"]
    assert of_internal.get(added.name) == (pytest.approx(1 - of_internal["accuracy"]) if added is WRONG else None)


def test_a_search_can_be_by_it(added: Metric) -> None:
    (offered,) = [one.choices for one in declared(SearchOptions) if one.name == "metric"]
    assert added.name in offered
    SearchOptions(metric=added.name).searched("the test")
    assert direction(added.name) == "minimize"


def test_no_two_metrics_share_a_name_and_one_is_primary() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())
    of_counts = [metric for metric in METRICS.values() if isinstance(metric, CountMetric)]
    (primary,) = [metric for metric in of_counts if metric.primary]
    assert primary.higher_is_better
    assert primary.headline
    assert len([metric for metric in of_counts if metric.share_right]) == 1
