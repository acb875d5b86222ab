"""Shows how far long work is: a bar on terminals that can redraw a line, plain lines elsewhere. Prints."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.engine.durations import duration
from bench.engine.eta import Eta
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.printing import shown
from bench.store.heartbeat import Heartbeat
from bench.store.working_process import ActiveRun
from bench.terminal import Terminal


class DecodingProgress:
    """A bar that appears only when there is something to do; off a terminal, one line at the end."""

    def __init__(self, terminal: Terminal, what: str = "Decoding images") -> None:
        self._terminal, self._what = terminal, what
        self._bar = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=terminal,
            transient=True,
            disable=not terminal.is_interactive,
        )
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def update(self, done: int, total: int) -> None:
        """Called after each image."""
        if not self._begun:
            self._begun = True
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        self._bar.update(self._task, completed=done)
        if done == total:
            self._bar.stop()
            self._terminal.say(f"{self._what}: {total} done.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class WorkBar:
    """A text, the bar, and the time since it began; shown while it is entered."""

    def __init__(self, terminal: Terminal, text: str, total: float, *, done: int = 0, transient: bool = False) -> None:
        self._terminal = terminal
        self._bar = Progress(
            TextColumn("{task.fields[text]}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=terminal,
            transient=transient,
            disable=not terminal.is_interactive,
        )
        self._task = self._bar.add_task("", total=total, completed=done, text=shown(text))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def _show(self, *, text: str | None = None, done: float | None = None) -> None:
        """Change what is given."""
        if text is not None:
            self._bar.update(self._task, text=shown(text))
        if done is not None:
            self._bar.update(self._task, completed=done)


class Allowance:
    """Seconds that may go into telling how far work is: a few to begin with, and then a share of all that pass.

    Enough to tell each epoch of some workers; of a thousand workers only the newest is told now and then.
    """

    def __init__(self, share: float = 0.05, saved: float = 1.0, clock: Callable[[], float] = time.perf_counter) -> None:
        self._share, self._saved, self._clock = share, saved, clock
        self._left, self._looked = saved, clock()

    def spend(self, work: Callable[[], object]) -> None:
        """Do it, unless that has cost too much so far."""
        began = self._clock()
        self._left = min(self._saved, self._left + self._share * (began - self._looked))
        self._looked = began
        if self._left > 0:
            work()
            self._left = max(-self._saved, self._left - (self._clock() - began))  # once may have been slow by chance


class RunProgress(WorkBar):
    """An observer of runs: runs done, images a second, time left. Other processes are told by the heartbeat."""

    def __init__(self, terminal: Terminal, eta: Eta, heartbeat: Heartbeat | None = None) -> None:
        self._eta, self._heartbeat, self._allowance = eta, heartbeat, Allowance()
        self._seconds_left = eta.seconds_left()
        super().__init__(terminal, self._text(), 1.0)

    def __enter__(self) -> Self:
        self._tell()
        return super().__enter__()

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """Count an epoch; the run goes on."""
        self._eta.epoch(spec, record)
        self._allowance.spend(self._look)
        return True

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """Count a finished run; off a terminal, print a line."""
        self._eta.run(spec, result)
        if self._eta.done < self._eta.total:
            self._allowance.spend(self._look)
        else:
            self._look()
        if result.status != "done":
            self._terminal.say(f"{spec.title} {result.status}: {result.error}", style="red")
        elif not self._terminal.is_interactive:
            self._terminal.say(f"{self._text()}: {spec.title}")

    def _look(self) -> None:
        """Show and tell how far it is now; with many runs waiting and under way this takes long."""
        self._seconds_left = self._eta.seconds_left()
        self._show(text=self._text(), done=self._eta.share())
        self._tell()

    def _tell(self) -> None:
        if self._heartbeat is not None:
            running = [
                ActiveRun(spec.run_id, spec.backbone, spec.seed, spec.fold, epoch, spec.all_epochs)
                for spec, epoch in self._eta.running()
            ]
            self._heartbeat.tell(workers=self._eta.workers, seconds_left=self._seconds_left, running=running)

    def _text(self) -> str:
        left = f", {duration(self._seconds_left)} left" if self._seconds_left else ""
        rate = f", {self._eta.rate():.0f} images/s" if not self._eta.probes else ""
        return f"{self._eta.done}/{self._eta.total} runs{rate}{left}"
