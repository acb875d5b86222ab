"""Shows how far a search is: a line for each trial, and on a terminal a bar. Prints."""

import time
from collections.abc import Callable

from bench.engine.durations import duration
from bench.engine.progress import WorkBar
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.terminal import Terminal
from studies.outcome import TrialRecord


class SearchProgress(WorkBar):
    """Trials ended, images a second, time left: as many seconds a trial as those took that ended since this began."""

    def __init__(
        self,
        terminal: Terminal,
        name: str,
        trials: int,
        better: float,
        ended: Callable[[], int],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """better: 1 where more is better, else −1. ended: trials that have ended, those of other processes included."""
        self._name, self._trials, self._better = name, trials, better
        self._count, self._clock = ended, clock
        self._before = self._ended = ended()
        self._images, self._started = 0, clock()
        self._best: float | None = None
        super().__init__(terminal, name, trials, done=self._ended, transient=True)

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """Count an epoch's images; the run goes on."""
        self._images += record.images
        rate = self._images / max(self._clock() - self._started, 1e-9)
        left = self.seconds_left()
        text = f"{self._name}: {self._ended}/{self._trials} trials, {rate:.0f} images/s"
        self._show(text=text + (f", {duration(left)} left" if left else ""))
        return True

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """A run of a trial says nothing by itself."""

    def trial(self, trial: TrialRecord) -> None:
        """Say what a trial came to."""
        self._ended = self._count()
        self._show(done=min(self._ended, self._trials))
        params = ", ".join(f"{name} {_short(value)}" for name, value in trial.params.items())
        if trial.value is not None:
            self._best = max(self._best or trial.value, trial.value, key=lambda value: self._better * value)
            what = f"{trial.value:.4f} (best here {self._best:.4f})"
        else:
            what = trial.state + (f": {trial.attributes['error']}" if "error" in trial.attributes else "")
        seconds = f", {duration(trial.seconds)}" if trial.seconds else ""
        self._terminal.say(f"{self._name} trial {trial.number}: {what}; {params}{seconds}")

    def seconds_left(self) -> float | None:
        """Of this study; None before a trial has ended."""
        ended = self._ended - self._before
        if ended <= 0:
            return None
        return (self._clock() - self._started) * max(0, self._trials - self._ended) / ended


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
