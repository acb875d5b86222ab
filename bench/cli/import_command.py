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
    """
    reading_begins(", ".join(map(str, files)))
    from bench.external.session import run_import

    run_import(files, results)
