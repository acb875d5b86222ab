"""Tables as JSON and back."""

import json

import pytest

from reports.draw.json_table import table_from_json, table_to_json
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table, Term

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
