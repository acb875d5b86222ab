"""All that is compiled from stored runs: the leaderboard and the label worklist. Reads runs, writes files."""

from dataclasses import dataclass

from bench.errors import BenchError
from bench.report.entries import Stored, read_stored
from bench.report.groups import GroupLevel
from bench.report.leaderboard import Evaluation, draw_leaderboard, store_leaderboard, stored_leaderboard
from bench.report.trained_labels import of_order
from bench.report.worklist import better_than_guessing, find_labels, write_worklist
from bench.store.folder import ResultsFolder
from bench.store.snapshot import FolderSnapshot
from reports import Leaderboard


class NothingToRank(BenchError):
    """No results folder, or no finished run in it."""


@dataclass(frozen=True)
class Compiled:
    """The leaderboard, its Markdown and JSON, what else to tell the user, and what all was made from.

    groups: the leaderboard of groups, where these are ranked and not cases.
    """

    leaderboard: Leaderboard
    text: str
    json: str
    notes: tuple[str, ...]
    stored: Stored
    groups: GroupLevel | None = None


def compile_results(folder: ResultsFolder, snapshot: FolderSnapshot | None = None) -> Compiled:
    """Write the label worklist, then the leaderboard. Call only while holding the folder's lock.

    The leaderboard says by its digest what it was made from; so it comes last.

    Raises:
        NothingToRank: there is nothing to compile.
    """
    stored = _read(folder, snapshot)
    evaluation = Evaluation.of(stored.experiment)
    stored = of_order(stored, evaluation.label_order)
    drawn = draw_leaderboard(folder, stored, evaluation)
    usable, classes = better_than_guessing(drawn.leaderboard), tuple(stored.experiment.class_order or ())
    notes = write_worklist(folder.root, find_labels(stored.entries, stored.evaluated, classes, usable))
    store_leaderboard(folder, drawn)
    return Compiled(drawn.leaderboard, drawn.text, drawn.json, tuple(notes), stored, drawn.groups)


def compile_with(folder: ResultsFolder, evaluation: Evaluation) -> Compiled:
    """With other intervals than the experiment's; writes nothing.

    Raises:
        NothingToRank: there is nothing to compile.
    """
    stored = of_order(_read(folder), evaluation.label_order)
    drawn = draw_leaderboard(folder, stored, evaluation)
    return Compiled(drawn.leaderboard, drawn.text, drawn.json, (), stored, drawn.groups)


def _read(folder: ResultsFolder, snapshot: FolderSnapshot | None = None) -> Stored:
    stored = read_stored(folder, snapshot)
    if stored is None:
        raise NothingToRank(
            f"{folder.root} is no results folder: experiment.toml, cases.parquet or folds.parquet is missing."
        )
    if not stored.entries:
        raise NothingToRank(f"No finished run in {folder.root}: there is nothing to rank yet.")
    return stored


def up_to_date(folder: ResultsFolder, snapshot: FolderSnapshot | None = None) -> tuple[str, tuple[str, ...]]:
    """The leaderboard's Markdown, compiled anew only where it is out of date, and what else to tell the user then."""
    text = stored_leaderboard(folder, snapshot)
    if text is not None:
        return text, ()
    compiled = compile_results(folder, snapshot)
    return compiled.text, compiled.notes
