"""Shows how far an experiment is: a bar on a terminal, plain lines elsewhere. Prints."""

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.driver.forecast import duration
from bench.plan.spec import EpochRecord, RunResult, RunSpec


class RunProgress(AbstractContextManager["RunProgress"]):
    """Runs done, images a second, time left; the time left follows the training images still to come."""

    def __init__(self, console: Console, runs: int, images: int) -> None:
        self._console = console
        self._runs, self._images = runs, images
        self._done, self._trained, self._credited = 0, 0, dict[int, int]()
        self._started = time.perf_counter()
        self._bar = Progress(
            TextColumn("{task.fields[text]}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("runs", total=images, text=f"0/{runs} runs")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> None:
        """Count an epoch's images (those of frozen phases cost next to nothing)."""
        if record.phase == "full":
            self._trained += record.images
            self._credited[id(spec)] = self._credited.get(id(spec), 0) + record.images
        self._bar.update(self._task, completed=self._trained, text=self._text())

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """Count a finished run; off a terminal, print a line."""
        self._done += 1
        planned = len(spec.train) * spec.recipe.epochs
        self._trained += planned - self._credited.pop(id(spec), 0)  # a failed run leaves nothing to wait for
        self._bar.update(self._task, completed=self._trained, text=self._text())
        name = f"{spec.backbone} seed {spec.seed} fold {spec.fold}"
        if result.status != "done":
            self._console.print(f"{name} {result.status}: {result.error}", style="red", markup=False, soft_wrap=True)
        elif not self._console.is_terminal:
            self._console.print(f"{self._text()}: {name}", markup=False, soft_wrap=True)

    def _text(self) -> str:
        elapsed = time.perf_counter() - self._started
        rate = self._trained / elapsed if elapsed > 0 else 0.0
        left = f", {duration((self._images - self._trained) / rate)} left" if 0 < self._trained < self._images else ""
        return f"{self._done}/{self._runs} runs, {rate:.0f} images/s{left}"
