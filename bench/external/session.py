"""One call of `bench import`, from the files to the printed leaderboard. Prints."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.data.images import file_digest
from bench.data.passed_over import PassedOver
from bench.errors import Interrupted
from bench.external.cases import cases_of, with_case_ids
from bench.external.complete import refuse_duplicates, refuse_gaps
from bench.external.destination import Destination
from bench.external.folds import folds_of, number_of_folds, refuse_untrainable
from bench.external.runs import runs_of
from bench.external.scores import score_rows
from bench.external.table import read_predictions
from bench.external.write import Import, write_import
from bench.report.compiled import up_to_date
from bench.report.leaderboard import leaderboard_files
from bench.store.folder import ResultsFolder


def run_import(files: Sequence[Path], results: Path) -> None:
    """Store the predictions, compile the leaderboard, print it.

    Raises:
        RequestError: a file is wrong or does not fit the folder; nothing was written.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    try:
        _run(files, results)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Stored runs are whole; the same command goes on from there.") from None


def _run(files: Sequence[Path], results: Path) -> None:
    console = Console(highlight=False, emoji=False)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    folder = ResultsFolder(results.expanduser())
    there = Destination.of(folder)
    account = PassedOver()
    wanted = read_import(files, there, account)
    for entry in account.entries():
        say(entry.line())
    with folder.locked(command="bench import"):
        done = write_import(wanted, there, folder)
        if account.entries() and not there.trained_here:
            folder.write_passed_over(account.entries())
        known = len(wanted.runs) - done
        say(f"{done} run(s) imported" + (f"; {known} were there already." if known else "."))
        if leaks := folder.leaks():
            say(f"Warning: {leaks} pair(s) of cases leak from training into evaluation; every table says so.")
        text, notes = up_to_date(folder)
    for line in (text, f"Written: {leaderboard_files(folder.root)}", *notes):
        say(line)


def read_import(files: Sequence[Path], there: Destination, account: PassedOver) -> Import:
    """Read and check the files against the folder; writes nothing. What is read otherwise is counted in `account`.

    Raises:
        RequestError: what is wrong, with the rows.
    """
    scored = score_rows(with_case_ids(read_predictions(files, account), there.cases, account), there.classes)
    table = scored.table
    cases = cases_of(table, there.cases)
    refuse_duplicates(table)
    folds = folds_of(table, cases, there)
    refuse_gaps(table, cases, folds, number_of_folds(table, there.folds))
    if there.trained_here:
        refuse_untrainable(table, cases, folds, there)
    digests = {str(file): file_digest(file) for file in files}
    return Import(digests, cases, scored.classes, folds, runs_of(scored))
