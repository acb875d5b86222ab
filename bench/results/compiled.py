"""All that is compiled from stored runs: the leaderboard and the label worklist. Reads runs, writes files."""

from dataclasses import dataclass

from bench.errors import BenchError
from bench.results.folder import ResultsFolder
from bench.results.leaderboard import stored_entries, stored_leaderboard, write_leaderboard
from bench.results.worklist import write_worklist
from reports.leaderboard import Leaderboard


class NothingToRank(BenchError):
    """No results folder, or no finished run in it."""


@dataclass(frozen=True)
class Compiled:
    """The leaderboard, its Markdown, and what else to tell the user."""

    leaderboard: Leaderboard
    text: str
    notes: tuple[str, ...]


def compile_results(folder: ResultsFolder) -> Compiled:
    """Write the label worklist, then the leaderboard. Call only while holding the folder's lock.

    The leaderboard says by its digest what it was made from; so it comes last.

    Raises:
        NothingToRank: there is nothing to compile.
    """
    experiment, cases = folder.experiment(), folder.cases()
    if experiment is None or cases is None or folder.folds() is None:
        raise NothingToRank(
            f"{folder.root} is no results folder: experiment.toml, cases.parquet or folds.parquet is missing."
        )
    entries = stored_entries(folder)
    if not entries:
        raise NothingToRank(f"No finished run in {folder.root}: there is nothing to rank yet.")
    notes = write_worklist(folder.root, entries, cases, tuple(experiment.class_order or ()))
    return Compiled(*write_leaderboard(folder), tuple(notes))


def up_to_date(folder: ResultsFolder) -> tuple[str, tuple[str, ...]]:
    """The leaderboard's Markdown, compiled anew only where it is out of date, and what else to tell the user then."""
    text = stored_leaderboard(folder)
    if text is not None:
        return text, ()
    compiled = compile_results(folder)
    return compiled.text, compiled.notes
