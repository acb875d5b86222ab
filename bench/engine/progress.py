"""Shows how far an experiment is: a bar on a terminal, plain lines elsewhere. Prints."""

from collections.abc import Callable
from typing import Self

from rich.console import Console

from bench.engine.bar import WorkBar
from bench.engine.durations import duration
from bench.engine.eta import Pace
from bench.plan.spec import EpochRecord, RunResult, RunSpec


class RunProgress(WorkBar):
    """Runs done, images a second, time left. `on_change` is called whenever the pace has changed."""

    def __init__(self, console: Console, pace: Pace, on_change: Callable[[], None] = lambda: None) -> None:
        self._console, self._pace, self._on_change = console, pace, on_change
        super().__init__(console, self._text(), 1.0)

    def __enter__(self) -> Self:
        self._on_change()
        return super().__enter__()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> None:
        """Count an epoch."""
        self._pace.epoch(spec, record)
        self._update()

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """Count a finished run; off a terminal, print a line."""
        self._pace.run(spec, result)
        self._update()
        name = f"{spec.backbone} seed {spec.seed} fold {spec.fold}"
        if result.status != "done":
            self._console.print(f"{name} {result.status}: {result.error}", style="red", markup=False, soft_wrap=True)
        elif not self._console.is_interactive:
            self._console.print(f"{self._text()}: {name}", markup=False, soft_wrap=True)

    def _update(self) -> None:
        self._show(text=self._text(), done=self._pace.share())
        self._on_change()

    def _text(self) -> str:
        seconds = self._pace.seconds_left()
        left = f", {duration(seconds)} left" if seconds else ""
        return f"{self._pace.done}/{self._pace.total} runs, {self._pace.rate():.0f} images/s{left}"
