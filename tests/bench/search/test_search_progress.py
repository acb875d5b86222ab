"""The time left of a search, on a planted clock."""

import io

import pytest

from bench.search.progress import SearchProgress
from bench.terminal import Terminal
from studies.outcome import TrialRecord


def trial(number: int, value: float) -> TrialRecord:
    return TrialRecord(number, "complete", value, {"lr": 0.01}, {}, {}, 10.0, None)


def test_trials_that_had_ended_before_or_end_elsewhere_are_not_left() -> None:
    """40 asked for, 30 ended before; in 100 s two end here and two elsewhere: 6 are left, 25 s each."""
    ended, now = 30, 0.0
    out = io.StringIO()
    with SearchProgress(Terminal(file=out, width=200), "net", 40, 1.0, lambda: ended, lambda: now) as progress:
        assert progress.seconds_left() is None
        ended, now = 32, 50.0
        progress.trial(trial(31, 0.5))
        assert progress.seconds_left() == pytest.approx(50 / 2 * 8)
        ended, now = 34, 100.0
        progress.trial(trial(33, 0.4))
        assert progress.seconds_left() == pytest.approx(150)
    assert out.getvalue().splitlines() == [
        "net trial 31: 0.5000 (best here 0.5000); lr 0.01, 10 s",
        "net trial 33: 0.4000 (best here 0.5000); lr 0.01, 10 s",
    ]
