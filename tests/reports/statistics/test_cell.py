import json
import math

import pytest

from reports.statistics.cell import Cell


def test_a_cell_is_written_with_its_five_fields() -> None:
    cell = Cell(0.5, 0.4, 0.6, "bca", None)
    expected = {"value": 0.5, "low": 0.4, "high": 0.6, "method": "bca", "reason": None}
    assert json.loads(json.dumps(cell.to_dict())) == expected


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_cell_refuses_what_json_cannot_hold(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Cell(number)
    with pytest.raises(ValueError, match="finite"):
        Cell(0.5, number, 1.0)


def test_what_rounding_leaves_of_nothing_is_zero() -> None:
    three_tenths = 0.1 + 0.2
    cell = Cell(three_tenths - 0.3, -7.4e-17, 1e-9)
    assert three_tenths - 0.3 != 0
    assert (cell.value, cell.low, cell.high) == (0.0, 0.0, 1e-9)
    assert str(cell.turned().value) == str(cell.low) == "0.0"
