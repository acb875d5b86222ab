"""One call of `bench run`, from the checked request to the printed leaderboard. Prints."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.conduct import Outcome, announce, begun, conduct, make_executor, write_experiment
from bench.engine.decoding import DecodingProgress
from bench.engine.early import look_ahead
from bench.engine.phantom import ensure_phantom
from bench.engine.prepare import Plan, Say, prepare
from bench.errors import Interrupted
from bench.report.compiled import up_to_date
from bench.report.leaderboard import leaderboard_files
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat


@dataclass(frozen=True)
class Completed:
    """What a call came to: `text` is the leaderboard's Markdown, None where no run is stored; `notes` go with it."""

    text: str | None
    notes: tuple[str, ...]
    failed: list[str]


def run_experiment(experiment: Experiment) -> int:
    """Do what is missing, compile the leaderboard, print it; the exit code is 1 where runs failed.

    Raises: as `complete`.
    """
    console = Console(highlight=False, emoji=False)
    done = complete(experiment, console)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    if done.text is None:
        say(f"All {len(done.failed)} runs failed; the first: {done.failed[0]}")
        return 1
    say(done.text)
    for line in (f"Written: {leaderboard_files(Path(experiment.results).expanduser())}", *done.notes):
        say(line)
    if done.failed:
        say(f"{len(done.failed)} run(s) failed and are left out; the same command tries them again.")
    return 1 if done.failed else 0


def complete(experiment: Experiment, console: Console) -> Completed:
    """Do what is missing and compile the leaderboard; only progress is printed.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    try:
        return _complete(experiment, console)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Finished runs are stored; the same command goes on from there.") from None


def _complete(experiment: Experiment, console: Console) -> Completed:
    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    caches, folder = user_caches(), ResultsFolder(Path(experiment.results).expanduser())
    started = look_ahead(experiment, folder, caches)
    if experiment.uses_phantom:
        ensure_phantom(caches, console)
    with DecodingProgress(console) as decoding:
        plan = prepare(experiment, folder, caches, say, started, decoding.update)
    with begun(plan, folder, "bench run", write_experiment) as sign:
        outcome = _work(plan, folder, console, say, sign)
        if outcome.failed and not folder.runs.complete():
            return Completed(None, (), outcome.failed)
        text, notes = up_to_date(folder)
    return Completed(text, tuple(notes), outcome.failed)


def _work(plan: Plan, folder: ResultsFolder, console: Console, say: Say, sign: Heartbeat) -> Outcome:
    if not plan.pending:
        say(f"All {len(plan.runs)} runs are stored; nothing to train.")
        return Outcome(0, [])
    with make_executor(plan) as executor:
        expected = announce(plan, executor, say)
        return conduct(plan, folder, executor, expected, console, sign)
