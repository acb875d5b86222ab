"""CSV that pandas reads back as what was written, and spreadsheets do not compute."""

import csv
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from reports import build_leaderboard
from reports.draw.csv_table import csv_text, harmless
from reports.statistics.cell import Cell
from reports.tables.all_tables import build_tables
from reports.tables.table import Column, Table, Term


def test_a_cell_takes_five_columns() -> None:
    columns = (Column("backbone", "Backbone"), Column("gap", "Gap", "cell"), Column("resolved", "Resolved"))
    rows = (
        ("a,b", Cell(1 / 3, -0.1, 0.5, "jackknife-t", 'few "patients"'), True),
        (None, None, False),
        (Term("macro_f1", "Macro F1"), Cell(None, reason="no case"), None),
    )
    assert csv_text(Table("t", "T", columns, rows)).split("\n") == [
        "backbone,gap_value,gap_low,gap_high,gap_method,gap_reason,resolved",
        '"a,b",0.3333333333333333,-0.1,0.5,jackknife-t,"few ""patients""",true',
        ",,,,,,false",
        "macro_f1,,,,,no case,",
        "",
    ]


def test_pandas_reads_back_every_number_of_a_leaderboard(make_study: Callable) -> None:
    study = make_study(external={"London": 60, "Oslo": 40})
    entries = [study.entry("a", 0.5), study.entry("b", 0.7)]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=100)
    seen = 0
    for table in build_tables(board, baseline="a"):
        frame = pd.read_csv(io.StringIO(csv_text(table)), float_precision="round_trip", na_values=[""])
        assert len(frame) == len(table.rows)
        for position, column in enumerate(table.columns):
            items = [row[position] for row in table.rows]
            if column.kind == "cell":
                for part in ("value", "low", "high", "method", "reason"):
                    expected = [getattr(item, part) if isinstance(item, Cell) else None for item in items]
                    assert _without_nan(frame[f"{column.name}_{part}"]) == expected
                    seen += sum(isinstance(value, float) for value in expected)
            else:
                names = [item.name if isinstance(item, Term) else item for item in items]
                assert _without_nan(frame[column.name]) == names
    assert seen > 300


def _without_nan(column: pd.Series) -> list[object]:
    return column.astype(object).where(column.notna(), None).tolist()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_name_is_a_formula(name: str) -> None:
    table = Table("t", "T", (Column("a", "A"), Column("n", "N", "number")), ((name, -0.5),))
    (row,) = list(csv.reader(io.StringIO(csv_text(table), newline="")))[1:]
    assert row == [f"'{name}", "-0.5"]


@pytest.mark.parametrize("name", ["resnet34", "a=b", "epidural-2", "", "'quoted'", "0.5"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert harmless(name) == name
