"""One call of `bench run`, from the checked request to the printed leaderboard. Prints."""

from pathlib import Path

from rich.console import Console

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.driver.conduct import Outcome, announce, conduct, make_executor, write_plan
from bench.driver.decoding import DecodingProgress
from bench.driver.phantom import ensure_phantom
from bench.driver.prepare import Plan, Say, prepare
from bench.errors import Interrupted
from bench.results.compiled import up_to_date
from bench.results.folder import ResultsFolder
from bench.results.leaderboard import leaderboard_files


def run_experiment(experiment: Experiment) -> int:
    """Do what is missing, compile the leaderboard, print it; the exit code is 1 where runs failed.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    try:
        return _run(experiment)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Finished runs are stored; the same command goes on from there.") from None


def _run(experiment: Experiment) -> int:
    console = Console(highlight=False, emoji=False)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    caches = user_caches()
    if experiment.uses_phantom:
        ensure_phantom(caches, console)
    folder = ResultsFolder(Path(experiment.results).expanduser())
    with DecodingProgress(console) as decoding:
        plan = prepare(experiment, folder, caches, say, decoding.update)
    with folder.locked():
        outcome = _work(plan, folder, console, say)
        if outcome.failed and not folder.runs.complete():
            say(f"All {len(outcome.failed)} runs failed; the first: {outcome.failed[0]}")
            return 1
        text, notes = up_to_date(folder)
    say(text)
    for line in (f"Written: {leaderboard_files(folder.root)}", *notes):
        say(line)
    if outcome.failed:
        say(f"{len(outcome.failed)} run(s) failed and are left out; the same command tries them again.")
    return 1 if outcome.failed else 0


def _work(plan: Plan, folder: ResultsFolder, console: Console, say: Say) -> Outcome:
    write_plan(plan, folder)
    if not plan.pending:
        say(f"All {len(plan.runs)} runs are stored; nothing to train.")
        return Outcome(0, [])
    with make_executor(plan) as executor:
        announce(plan, executor, say)
        return conduct(plan, folder, executor, console)
