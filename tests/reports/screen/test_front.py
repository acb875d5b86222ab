"""Which backbones nothing beats."""

from dataclasses import replace

import numpy as np
import pytest

from reports.page.charts import figure_svg
from reports.screen.page_charts import screen_charts, size_points, speed_points
from reports.screen.summary import Screened, front, on_size_front, on_speed_front
from reports.screen.tables import NAMES, screen_tables
from reports.statistics.cell import Cell


def beaten(place: int, costs: list[float | None], values: list[float | None]) -> bool:
    """The definition, pair by pair."""
    cost, value = costs[place], values[place]
    for other, (its_cost, its_value) in enumerate(zip(costs, values, strict=True)):
        if other == place or its_cost is None or its_value is None:
            continue
        no_worse = its_cost <= cost and its_value >= value
        if no_worse and (its_cost < cost or its_value > value):
            return True
    return False


@pytest.mark.parametrize("seed", range(200))
def test_the_front_is_what_no_other_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 12))
    costs = [None if rng.random() < 0.1 else float(x) for x in rng.integers(0, 6, n)]  # with many ties
    values = [None if rng.random() < 0.1 else float(x) / 5 for x in rng.integers(0, 6, n)]
    expected = [costs[i] is not None and values[i] is not None and not beaten(i, costs, values) for i in range(n)]
    assert front(costs, values) == expected


ROW = Screened("a", "a", "random", "logistic probe", 100, 10.0, Cell(0.5), Cell(0.4), {"bern": Cell(0.1)}, 1)


def test_more_images_a_second_and_fewer_parameters_are_better() -> None:
    rows = [
        ROW,
        replace(ROW, name="fast", speed=20.0, parameters=300),
        replace(ROW, name="better", accuracy=Cell(0.6), speed=5.0, parameters=200),
        replace(ROW, name="unmeasured", speed=None, parameters=50),
    ]
    assert on_speed_front(rows) == [False, True, True, False]
    assert on_size_front(rows) == [False, False, True, True]


def test_tables_without_rows_are_left_out() -> None:
    assert screen_tables([], [], {}) == ()
    (table,) = screen_tables([ROW, replace(ROW, name="b", gap={})], [], {})
    assert table.name in NAMES
    places = {column.name: place for place, column in enumerate(table.columns)}
    assert [row[places["gap_0"]] for row in table.rows] == [Cell(0.1), None]
    assert [row[places["front_speed"]] for row in table.rows] == [True, True]
    with_missing = screen_tables([ROW], [], {"net": "no memory"})
    assert [one.name for one in with_missing] == ["screen", "screen_left_out"]


def test_charts_show_each_backbone_with_its_interval_and_name_the_front() -> None:
    rows = [
        replace(ROW, name="small", accuracy=Cell(0.5, 0.4, 0.6)),
        replace(ROW, name="large", parameters=2_000_000, speed=None, accuracy=Cell(0.7)),
        replace(ROW, name="poor", parameters=3_000_000, speed=5.0, accuracy=Cell(0.3)),
        replace(ROW, name="unknown", accuracy=Cell(None, reason="no case")),
    ]
    assert [(one.name, one.cost, one.series) for one in speed_points(rows)] == [
        ("small", 10.0, "front"),
        ("poor", 5.0, "beaten"),
    ]
    assert [(one.name, one.cost, one.series) for one in size_points(rows)] == [
        ("small", 0.0001, "front"),
        ("large", 2.0, "front"),
        ("poor", 3.0, "beaten"),
    ]
    speed, size = screen_charts(rows)
    assert "no other beats in both: small and large" in size.alt
    assert figure_svg(speed).count("<svg") == 1  # it can be drawn
    assert size.spec["layer"][1]["encoding"]["y2"]["field"] == "high"
    assert list(screen_charts(rows[:1])) == []
