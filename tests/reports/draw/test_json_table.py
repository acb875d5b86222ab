"""JSON of tables: the same numbers as CSV, in the cells of leaderboard.json; and JSON that is read back."""

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import pytest

from reports import build_leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.json_table import json_text, table_from_json, table_to_json
from reports.statistics.cell import Cell
from reports.tables.all_tables import build_tables
from reports.tables.table import Column, Table, Term


def test_a_table_by_hand() -> None:
    columns = (Column("a", "A"), Column("gap", "Gap", "cell"), Column("n", "N", "number"), Column("ok", "OK"))
    rows = (
        (Term("macro_f1", "Macro F1"), Cell(1 / 3, -0.1, 0.5, "bca"), 2, True),
        (None, None, 0.1, None),
        ("<b>é", Cell(None, reason="no case"), None, False),
    )
    assert json.loads(json_text(Table("t", "T", columns, rows, ("Note.",)))) == {
        "use": "Research use only, never for diagnosis.",
        "name": "t",
        "title": "T",
        "columns": [
            {"name": "a", "title": "A", "kind": "text"},
            {"name": "gap", "title": "Gap", "kind": "cell"},
            {"name": "n", "title": "N", "kind": "number"},
            {"name": "ok", "title": "OK", "kind": "text"},
        ],
        "rows": [
            {
                **{"a": "macro_f1", "n": 2, "ok": True},
                "gap": {"value": 1 / 3, "low": -0.1, "high": 0.5, "method": "bca", "reason": None},
            },
            {"a": None, "gap": None, "n": 0.1, "ok": None},
            {
                **{"a": "<b>é", "n": None, "ok": False},
                "gap": {"value": None, "low": None, "high": None, "method": None, "reason": "no case"},
            },
        ],
        "notes": ["Note."],
    }


def test_every_table_has_the_numbers_of_its_csv(make_study: Callable) -> None:
    study = make_study(external={"London": 60})
    entries = [study.entry("a", 0.5), study.entry("b", 0.7)]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    compared = 0
    for table in build_tables(board, baseline="a"):
        ours = json.loads(json_text(table))["rows"]
        theirs = list(csv.DictReader(io.StringIO(csv_text(table))))
        assert len(ours) == len(theirs)
        for row, line in zip(ours, theirs, strict=True):
            for column in table.columns:
                if column.kind == "cell" and row[column.name]:
                    value, text = row[column.name]["value"], line[f"{column.name}_value"]
                elif column.kind in ("number", "p"):
                    value, text = row[column.name], line[column.name]
                else:
                    continue
                assert value == (float(text) if text else None)
                compared += 1
    assert compared > 150


TABLE = Table(
    "t",
    "A table",
    (Column("a", "A"), Column("c", "C", "cell", 3), Column("n", "N", "number", unit=1e6), Column("f", "F", "flag")),
    (
        (Term("energy", "Energy"), Cell(0.25, 0.1, 0.4, "jackknife-t", "few", few_clusters=True), 1 / 3, True),
        ("<b>é</b>", None, None, None),
    ),
    ("A note.",),
)


def test_a_table_comes_back_as_it_was() -> None:
    assert table_from_json(json.loads(json.dumps(table_to_json(TABLE), allow_nan=False))) == TABLE


@pytest.mark.parametrize("damage", [{"columns": [{}]}, {"rows": [[1]]}, {"rows": [[{"cell": {"value": "x"}}]]}])
def test_what_is_no_table_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        table_from_json({**table_to_json(TABLE), **damage})
