"""Shows how far a search is: a line for each trial, and on a terminal a bar. Prints."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.driver.forecast import duration
from bench.plan.spec import EpochRecord, RunSpec
from studies.outcome import TrialRecord


class SearchProgress:
    """Trials done, images a second, time left."""

    def __init__(self, console: Console, name: str, trials: int, better: float) -> None:
        """better: 1 where more is better, else −1."""
        self._console, self._name, self._trials, self._better = console, name, trials, better
        self._done, self._images, self._started = 0, 0, time.perf_counter()
        self._best: float | None = None
        self._bar = Progress(
            TextColumn("{task.fields[text]}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("trials", total=trials, text=name)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> None:
        """Count an epoch's images."""
        self._images += record.images
        rate = self._images / max(time.perf_counter() - self._started, 1e-9)
        self._bar.update(self._task, text=f"{self._name}: {self._done} trials, {rate:.0f} images/s{self._left()}")

    def trial(self, trial: TrialRecord) -> None:
        """Say what a trial came to."""
        self._done += 1
        self._bar.update(self._task, completed=min(self._done, self._trials))
        params = ", ".join(f"{name} {_short(value)}" for name, value in trial.params.items())
        if trial.value is not None:
            self._best = max(self._best or trial.value, trial.value, key=lambda value: self._better * value)
            what = f"{trial.value:.4f} (best here {self._best:.4f})"
        else:
            what = trial.state + (f": {trial.attributes['error']}" if "error" in trial.attributes else "")
        seconds = f", {duration(trial.seconds)}" if trial.seconds else ""
        self._console.print(
            f"{self._name} trial {trial.number}: {what}; {params}{seconds}", markup=False, soft_wrap=True
        )

    def _left(self) -> str:
        if not 0 < self._done < self._trials:
            return ""
        seconds = (time.perf_counter() - self._started) * (self._trials - self._done) / self._done
        return f", {duration(seconds)} left"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
