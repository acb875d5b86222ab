"""A leaderboard of three backbones, one of them tuned on its cases."""

from collections.abc import Callable

import numpy as np
import pytest

from reports import Leaderboard, build_leaderboard
from reports.tables.caveats import TUNED, Caveat


@pytest.fixture
def board(make_study: Callable) -> Leaderboard:
    study = make_study(external={"London": 60, "Oslo": 40})
    entries = [
        study.entry("weak", 0.4),
        study.entry("strong", 0.8),
        study.entry("best", 0.9, caveats=(Caveat("tuned", TUNED),)),
    ]
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)
