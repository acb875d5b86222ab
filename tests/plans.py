"""A small plan of a study and what it scores, for the tests of studies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studies.pruners import Watch
from studies.space import FloatRange, IntRange, Params, Space
from studies.study import OpenStudy, StudyPlan
from studies.worker import Scored

Open = Callable[..., OpenStudy]

SPACE = Space({"x": FloatRange(-5.0, 5.0), "n": IntRange(1, 6)})


PLAN = StudyPlan("s", SPACE, "height", "maximize", 3, "tpe", "none", 0, {"data": "abc"})


def plan(**changes: Any) -> StudyPlan:
    return replace(PLAN, **changes)


def height(params: Params) -> float:
    """Highest, 0, at x = 2, n = 3."""
    return -((float(params["x"]) - 2) ** 2) - (float(params["n"]) - 3) ** 2


def hill(params: Params, watch: Watch) -> Scored:
    return Scored(height(params))
