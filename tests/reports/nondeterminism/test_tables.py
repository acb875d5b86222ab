"""Tables and charts of a study made by hand: two classes, four cases a site, three runs."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reports.draw.csv_table import csv_text
from reports.nondeterminism.agreement import Side
from reports.nondeterminism.sheet import draw_nondeterminism, nondeterminism_charts
from reports.nondeterminism.summary import Control, Cost, Design, NumericsChange, Study, WeightDistance
from reports.nondeterminism.tables import NAMES, nondeterminism_tables
from reports.statistics.cell import Cell
from reports.tables.caveats import Caveat
from reports.tables.table import Table

LABELS = np.array([0, 0, 1, 1])
# right: 4, 3 and 2 of 4, so accuracies of 1, .75 and .5 with a standard deviation of .25
RUNS = np.array([[[0, 0, 1, 1]], [[0, 1, 1, 1]], [[0, 1, 1, 0]]])
SAME = RUNS[[0, 0, 0]]


def design(name: str, predicted: np.ndarray) -> Design:
    sides = {site: Side(LABELS, predicted, 2) for site in ("internal", "bern")}
    return Design(name, sides, np.array([0.5, 0.6, 0.7]), WeightDistance(1.5e-3, 0.25, 3))


STUDY = Study(
    backbone="resnet34",
    weights="random",
    recipe="fine-tune",
    numerics="fp32, channels_last, 1 thread, cpu",
    classes=("a", "b"),
    cases={site: tuple(f"{site}/{number}" for number in range(4)) for site in ("internal", "bern")},
    control=Control(True, 3, 1, 99),
    designs=(design("none", SAME), design("init", RUNS), design("order", SAME), design("all", RUNS)),
    changes=(
        NumericsChange(
            "threads",
            "1",
            "2",
            {site: {"accuracy": 0.25, "macro_f1": -0.5} for site in ("internal", "bern")},
            {"internal": 0.0, "bern": 0.25},
            WeightDistance(2e-9, None, 1),
            "step 1",
        ),
    ),
    curves={"init": [(1, 1.2)], "threads 2": [(1, 0.0), (2, 3e-7)]},
    cost=Cost(100.0, 110.0, 5),
)


def table(name: str, study: Study = STUDY) -> Table:
    return next(one for one in nondeterminism_tables([study]) if one.name == f"nondeterminism_{name}")


def items(name: str, *columns: str, **where: object) -> list[tuple[object, ...]]:
    chosen = table(name)
    names = [column.name for column in chosen.columns]
    rows = [dict(zip(names, map(_plain, row), strict=True)) for row in chosen.rows]
    return [tuple(row[one] for one in columns) for row in rows if all(row[key] == item for key, item in where.items())]


def _plain(item: object) -> object:
    return item.value if isinstance(item, Cell) else getattr(item, "name", item)


def test_every_table_is_known_by_name() -> None:
    assert {one.name for one in nondeterminism_tables([STUDY])} == set(NAMES)
    assert nondeterminism_tables([]) == ()


def test_spread_and_floor_are_those_of_the_runs() -> None:
    assert items("spread", "sd_accuracy", "churn", "relative_l2", "of_update", varied="init", site="internal") == [
        (pytest.approx(0.25), pytest.approx((1 + 2 + 1) / 4 / 3), "0.0015", "0.25")
    ]
    assert items("spread", "sd_accuracy", "churn", varied="none", site="bern") == [(0, 0)]
    # t of three runs has two degrees of freedom
    floor = 100 * 4.3027 * math.sqrt(2) * 0.25
    assert items("floor", "floor", metric="accuracy") == [(pytest.approx(floor, rel=1e-4),)] * 2


def test_all_of_the_variance_is_that_of_the_source_that_varies() -> None:
    assert items("components", "source", "sd", "share", site="bern", metric="accuracy") == [
        ("init", pytest.approx(0.25), 1.0),
        ("order", 0, 0),
        ("interaction", 0, None),
    ]


def test_cases_that_flip_most_come_first() -> None:
    # case 1: two of three pairs differ; case 3 likewise; the others never flip
    assert items("cases", "case", "label", "flip_rate_init", "flip_rate_order", site="internal") == [
        ("internal/1", "a", pytest.approx(2 / 3), 0),
        ("internal/3", "b", pytest.approx(2 / 3), 0),
    ]


def test_tooling_and_cost() -> None:
    found = items("tooling", "site", "accuracy", "macro_f1", "churn", "relative_l2", "parts")
    assert found == [("internal", 0.25, -0.5, 0.0, "2e-09", "step 1"), ("bern", 0.25, -0.5, 0.25, None, None)]
    assert items("cost", "cost") == [(pytest.approx(0.1),)]
    assert items("curves", "varied", "step", "relative_l2") == [
        ("init", 1, "1.2"),
        ("threads 2", 1, "0"),
        ("threads 2", 2, "3e-07"),
    ]


def test_a_stamp_goes_into_every_table() -> None:
    for one in nondeterminism_tables([replace(STUDY, caveats=(Caveat("mixed_environments", "made in a hurry"),))]):
        assert "resnet34: made in a hurry." in one.notes
        assert csv_text(one).splitlines()[1].endswith("made in a hurry")


def test_a_failed_control_shows_where() -> None:
    failed = replace(STUDY, control=Control(False, 3, 1, 99, "step 2, forward fc"))
    assert "FAIL" in table("control", failed).rows[0]
    assert "step 2, forward fc" in table("control", failed).rows[0]


def test_charts_show_what_tables_say(tmp_path: Path) -> None:
    charts = nondeterminism_charts(STUDY)
    (internal, _) = charts.spread
    assert internal.names == ("nothing (control)", "initial weights", "batch order", "all of these")
    f1 = STUDY.designs[1].sides["internal"].scores()["macro_f1"]
    assert internal.cells[1].value == pytest.approx(np.std(f1, ddof=1))
    assert charts.churn["bern"]["initial weights"] == pytest.approx(1 / 3)
    assert charts.curves == {"initial weights": [(1, 1.2)], "threads 2": [(2, 3e-7)]}  # a logarithm has no zero
    draw_nondeterminism(charts, tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as picture:
        assert picture.width > 1000
    draw_nondeterminism(replace(charts, curves={}), tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 5_000


def test_names_are_drawn_as_they_are_not_as_formulas(tmp_path: Path) -> None:
    odd = r"$\frac{x"
    bars = tuple(replace(one, site=f"{odd}{one.site}$") for one in nondeterminism_charts(STUDY).spread)
    churn = {f"_{odd}$": {odd + "$": 0.5}}
    charts = replace(nondeterminism_charts(STUDY), spread=bars, churn=churn, backbone=f"{odd}$\x1b")
    draw_nondeterminism(charts, tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as picture:
        assert picture.width > 1000
