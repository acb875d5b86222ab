"""A small plan of a study, for the tests of studies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studies.space import FloatRange, IntRange, Space
from studies.study import OpenStudy, StudyPlan

Open = Callable[..., OpenStudy]

SPACE = Space({"x": FloatRange(-5.0, 5.0), "n": IntRange(1, 6)})


PLAN = StudyPlan("s", SPACE, "height", "maximize", 3, "tpe", "none", 0, {"data": "abc"})


def plan(**changes: Any) -> StudyPlan:
    return replace(PLAN, **changes)
