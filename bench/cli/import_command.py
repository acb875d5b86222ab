"""`bench import`: rank predictions made elsewhere. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.at_once import reading_begins


def import_predictions(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or Parquet; several count as one table.")],
    results: Annotated[Path, typer.Option(help="Folder of an earlier run or import, or a new one.")] = Path("results"),
) -> None:
    """Rank predictions made elsewhere, such as by fastai, MONAI or a notebook.

    One row is one prediction: backbone, seed, fold, site (internal, or an external name), case_id, label, and predicted
    or p_CLASS for each class; where known also group (the patient), weights, recipe. Every internal case once a seed,
    every external one once a seed and fold.
    """
    reading_begins(", ".join(map(str, files)))
    from bench.errors import Interrupted

    try:
        _import(files, results.expanduser())
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Stored runs are whole; the same command goes on from there.") from None


def _import(files: list[Path], results: Path) -> None:
    from rich.console import Console

    from bench.external.read import read_external
    from bench.external.write import write_external
    from bench.report.compiled import up_to_date
    from bench.report.leaderboard import leaderboard_files
    from bench.store.folder import ResultsFolder

    console, folder = Console(highlight=False, emoji=False), ResultsFolder(results)

    def say(*lines: str) -> None:
        for line in lines:
            console.print(line, markup=False, soft_wrap=True)

    wanted = read_external(files, folder)
    say(*(entry.line() for entry in wanted.changed))
    with folder.locked(command="bench import"):
        done = write_external(wanted, folder)
        known = len(wanted.runs) - done
        say(f"{done} run(s) imported" + (f"; {known} were there already." if known else "."))
        if leaks := folder.leaks():
            say(f"Warning: {leaks} pair(s) of cases leak from training into evaluation; every table says so.")
        text, notes = up_to_date(folder)
    say(text, f"Written: {leaderboard_files(folder.root)}", *notes)
