"""`bench import`: rank predictions made elsewhere. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.command import reading_begins


def import_predictions(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or Parquet; several count as one table.")],
    results: Annotated[Path, typer.Option(help="Folder of an earlier run or import, or a new one.")] = Path("results"),
) -> None:
    """Rank predictions made elsewhere, such as by fastai, MONAI or a notebook.

    One row is one prediction: backbone, seed, fold, site (internal, or an external name), case_id, label, and predicted
    or p_CLASS for each class; where known also group (the patient), weights, recipe. Every internal case once a seed,
    every external one once a seed and fold.
    Example: bench import predictions.csv --results results
    """
    reading_begins(", ".join(map(str, files)))
    from bench.errors import interruptible
    from bench.external.read import read_external
    from bench.external.write import write_external
    from bench.report.compiled import up_to_date
    from bench.report.ending import ending_of
    from bench.report.leaderboard import stored_overview
    from bench.store.folder import ResultsFolder
    from bench.store.working_process import IMPORT
    from bench.terminal import Terminal
    from reports.overview.screen import screen

    terminal, folder = Terminal(), ResultsFolder(results.expanduser())
    with interruptible("Stored runs are whole; the same command goes on from there."):
        found = read_external(files, folder)
        with folder.locked(command=IMPORT, say=terminal.say):
            if folder.state() != found.there.state:
                found = read_external(files, folder)
            for entry in found.changed:
                terminal.say(entry.line())
            for line in (*folder.files.changed(), *folder.set_damaged_aside()):
                terminal.say(line)
            done = write_external(found, folder)
            known = len(found.runs) - done
            terminal.say(f"{done} run(s) imported" + (f"; {known} were there already." if known else "."))
            if leaks := folder.leaks():
                terminal.say(
                    f"Warning: {leaks} pair(s) of cases leak from training into evaluation; every table says so."
                )
            up_to_date(folder)
            overview = stored_overview(folder)
        terminal.say(f"\n{screen(overview, ending_of(folder, folder.experiment(), overview), terminal.columns)}")
