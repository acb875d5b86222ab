"""`bench verify`: whether a report follows from the stored predictions, and these from training. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.command import reading_begins


def verify(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    retrain: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Also train so many of the runs again, from their images, and compare."),
    ] = 0,
) -> None:
    """Check every stored file, compile the leaderboard again from the predictions, and print one digest of all.

    Ends with 3 where a file is damaged, or the report or a run trained again is another. The digest, for a paper's
    supplement, names cases, folds and the predictions of ranked runs, whatever the machine and the paths. Writes
    nothing to DIR. Example: bench verify results --retrain 2
    """
    reading_begins(results)
    from bench.terminal import Terminal
    from bench.verify.conduct import verify as verify_folder

    raise typer.Exit(verify_folder(results.expanduser(), Terminal(), retrain))
