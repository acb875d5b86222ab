"""`bench verify`: whether a report is the one that the stored predictions give. Prints; writes nothing."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.command import reading_begins


def verify(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
) -> None:
    """Check every stored file, compile the leaderboard again from the predictions, and print one digest of all.

    Ends with 3 where a file is damaged or the report is another. The digest, for a paper's supplement, names cases,
    folds and the predictions of ranked runs, whatever the machine and the paths. Example: bench verify results
    """
    reading_begins(results)
    from bench.terminal import Terminal
    from bench.verify.conduct import verify as verify_folder

    raise typer.Exit(verify_folder(results.expanduser(), Terminal()))
