"""A small plan of a study, for the tests of studies."""

from collections.abc import Callable

from studies.space import FloatRange, IntRange, Space
from studies.study import OpenStudy, StudyPlan

Open = Callable[..., OpenStudy]

SPACE = Space({"x": FloatRange(-5.0, 5.0), "n": IntRange(1, 6)})


def plan(space: Space = SPACE, **changes: object) -> StudyPlan:
    values: dict[str, object] = {
        "name": "s",
        "space": space,
        "metric": "height",
        "direction": "maximize",
        "units": 3,
        "sampler": "tpe",
        "pruner": "none",
        "seed": 0,
        "question": {"data": "abc"},
    }
    return StudyPlan(**{**values, **changes})  # type: ignore[arg-type]
