"""Logs what a results folder holds to trackers. Reads stored runs; what fails is said once and stops nothing.

Only stored runs are logged, and only those that a tracker has not: so nothing is missing or twice there after a call
was killed and given again, and no number of the folder depends on a tracker.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Final

from bench.atomic import write_text
from bench.config.experiment import Experiment
from bench.engine.execute import Observer
from bench.errors import RequestError
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.report.compiled import compile_with, up_to_date
from bench.report.leaderboard import Evaluation, made_from
from bench.store.folder import ResultsFolder
from bench.store.working_process import REPORT
from bench.trackers import TRACKERS
from bench.tracking.models import model_of
from bench.tracking.summaries import summary_of
from bench.tracking.tracker import Summary, Tracker

FOLDER: Final = "tracking"
GROUP: Final = "group.txt"
Say = Callable[[str], None]


def refuse_missing(names: Sequence[str]) -> None:
    """Raise `RequestError` where a tracker's package is not installed: said before anything is trained."""
    for name in names:
        if find_spec(name) is None:
            raise RequestError(f"--track {name} needs the package {name}: pip install 'gapbench[{name}]'.")


@dataclass
class Opened:
    """A tracker, and the runs that it has."""

    name: str
    tracker: Tracker
    logged: set[str]


class Tracking:
    """The trackers of one call, as long as each of them works."""

    def __init__(self, folder: ResultsFolder, say: Say) -> None:
        self._folder, self._say = folder, say
        self._opened: list[Opened] = []

    def open(self, name: str) -> None:
        """Begin with a tracker, and say where it logs to."""
        module, _, made = TRACKERS[name].partition(":")
        kind = getattr(import_module(module), made)
        with self._warned(name, kind.title):
            root = self._folder.root / FOLDER
            tracker: Tracker = kind(root / name, _group(root))
            self._opened.append(Opened(name, tracker, set(tracker.logged)))
            self._say(f"{tracker.title}: runs are logged {tracker.where}.")

    def stored(self, run_id: str) -> None:
        """Log a run that has just been stored."""
        for one in [*self._opened]:
            with self._warned(one.name, one.tracker.title):
                self._log(one, run_id)

    def finish(self) -> None:
        """Log what is missing, and the summary of all. Call after the leaderboard was compiled."""
        complete = sorted(self._folder.runs.complete())
        for one in [*self._opened]:
            with self._warned(one.name, one.tracker.title):
                for run_id in complete:
                    self._log(one, run_id)
        experiment = self._folder.experiment() if self._opened and complete else None
        if experiment is None:
            return
        now = made_from(self._folder, experiment, Evaluation.of(experiment))
        summary = None
        for one in [*self._opened]:
            with self._warned(one.name, one.tracker.title):
                if one.tracker.summarised != now:
                    summary = summary or self._summary(experiment, now)
                    one.tracker.summary(summary)

    def close(self) -> None:
        """End all."""
        for one in [*self._opened]:
            with self._warned(one.name, one.tracker.title):
                one.tracker.close()

    def _log(self, one: Opened, run_id: str) -> None:
        if run_id in one.logged:
            return
        model = model_of(self._folder.runs.read(run_id))
        if model is not None:
            one.tracker.model(model)
        one.logged.add(run_id)

    def _summary(self, experiment: Experiment, now: str) -> Summary:
        compiled = compile_with(self._folder, Evaluation.of(experiment))
        return summary_of(compiled, now, len(self._folder.runs.complete()))

    @contextmanager
    def _warned(self, name: str, title: str) -> Iterator[None]:
        """Say what fails, and leave the tracker alone from then on: packages and servers fail in ways of their own."""
        try:
            yield
        except Exception as error:
            self._opened = [one for one in self._opened if one.name != name]
            why = (str(error).strip().splitlines() or [""])[0].rstrip(". ") or type(error).__name__
            self._say(
                f"Warning: {title} fails ({why}), and nothing more is logged there now. Runs and results are stored "
                f"all the same. Later: bench report {self._folder.root} --track {name}"
            )


@contextmanager
def tracking(names: Sequence[str], folder: ResultsFolder, say: Say) -> Iterator[Tracking]:
    """Trackers that are open. Call only while holding the folder's lock."""
    found = Tracking(folder, say)
    try:
        for name in dict.fromkeys(names):
            found.open(name)
        yield found
    finally:
        found.close()


def track_folder(folder: ResultsFolder, names: Sequence[str], say: Say) -> None:
    """Log what trackers lack of a folder, after its leaderboard is up to date.

    Raises:
        RequestError: a package is missing, or the folder cannot be written to.
        NothingToRank: no run is finished.
    """
    refuse_missing(names)
    with folder.locked(command=REPORT, say=say), tracking(names, folder, say) as tracked:
        up_to_date(folder)
        tracked.finish()


class Tracked:
    """An observer that tells another one first, and then logs what is stored."""

    def __init__(self, observer: Observer, tracked: Tracking) -> None:
        self._observer, self._tracking = observer, tracked

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        return self._observer.epoch(spec, record)

    def run(self, spec: RunSpec, result: RunResult) -> None:
        self._observer.run(spec, result)
        if result.status == "done":
            self._tracking.stored(spec.run_id)


def _group(root: Path) -> str:
    """What stands for the folder where its models are grouped; a path would tell too much."""
    file = root / GROUP
    if not file.exists():
        root.mkdir(exist_ok=True)
        write_text(file, f"gapbench-{token_hex(4)}\n")
    return file.read_text(encoding="utf-8").strip()
