"""A search space is checked before the first trial."""

import pytest

from studies.errors import StudyError
from studies.space import Choices, FloatRange, IntRange, Space, describe, parse_dimension, to_table


@pytest.mark.parametrize(
    ("given", "whole", "wanted"),
    [
        ({"low": 1e-4, "high": 0.1, "log": True}, False, FloatRange(1e-4, 0.1, log=True)),
        ({"low": 0, "high": 1, "step": 0.25}, False, FloatRange(0.0, 1.0, step=0.25)),
        ({"low": 2, "high": 8}, True, IntRange(2, 8)),
        ({"low": 2, "high": 9, "step": 3}, True, IntRange(2, 8, step=3)),
        ([16, 32], True, Choices((16, 32))),
    ],
)
def test_a_dimension_is_read_and_written(given: object, whole: bool, wanted: object) -> None:
    part = parse_dimension("k", given, whole=whole, where="s.toml")
    assert part == wanted
    assert parse_dimension("k", to_table(part), whole=whole, where="s.toml") == wanted


@pytest.mark.parametrize(
    ("given", "whole", "message"),
    [
        ({"low": 0.1, "high": 0.01}, False, "is inverted: low is 0.1, high is 0.01"),
        ({"low": 2, "high": 2}, True, "is empty: low and high are both 2"),
        ({"low": 0, "high": 1, "log": True}, False, "logarithmic from 0"),
        ({"low": 1}, False, "has no key 'high'"),
        ({"low": 1, "high": 2, "base": 2}, False, "has a key 'base'"),
        ({"low": 1.5, "high": 2}, True, "takes a whole number"),
        ({"low": float("nan"), "high": 2}, False, "takes a finite number"),
        ({"low": True, "high": 2}, True, "takes a whole number"),
        ({"low": 1, "high": 2, "step": 3}, True, "steps of 3"),
        ({"low": 1, "high": 2, "log": "yes"}, True, "true or false"),
        ({"low": 1.0, "high": 2.0, "log": True, "step": 0.5}, False, "both log and step"),
        ([16], True, "at least two"),
        ([], True, "at least two"),
        ([1, 1], True, "twice"),
        (3, True, "Give a range"),
    ],
)
def test_a_wrong_dimension_is_one_paragraph(given: object, whole: bool, message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        parse_dimension("k", given, whole=whole, where="s.toml")
    assert "search.space.k in s.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_grid_has_the_ends_and_even_distances() -> None:
    space = Space({"lr": FloatRange(1e-4, 1e-2, log=True), "n": IntRange(1, 3), "c": Choices(("a", "b"))})
    grid = space.grid(3)
    assert grid["lr"] == pytest.approx([1e-4, 1e-3, 1e-2])
    assert (grid["n"], grid["c"]) == ([1, 2, 3], ["a", "b"])
    assert Space({"x": FloatRange(0, 1, step=0.25)}).grid(2)["x"] == [0, 0.25, 0.5, 0.75, 1]


def test_what_lies_inside() -> None:
    space = Space({"x": FloatRange(0.0, 1.0), "n": IntRange(2, 8, step=2)})
    assert space.contains({"x": 0.5, "n": 4, "other": 1})
    assert not space.contains({"x": 0.5, "n": 5})
    assert not space.contains({"x": 1.5, "n": 4})
    assert not space.contains({"x": 0.5})


def test_descriptions() -> None:
    assert describe(FloatRange(1e-5, 0.01, log=True)) == "1e-05 to 0.01 (log)"
    assert describe(IntRange(2, 8, step=2)) == "2 to 8 (steps of 2)"
    assert describe(Choices((16, 32))) == "one of 16, 32"
