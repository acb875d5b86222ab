"""What can be refused before any image is read. Reads the results folder; asks for weights."""

import os
from collections.abc import Mapping
from pathlib import Path

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine.prepare import refuse_other_folds
from bench.engine.resolve import Start, start_backbones
from bench.errors import RequestError
from bench.folds.table import FoldTable
from bench.store.folder import ResultsFolder

Started = Mapping[str, Start]


def look_ahead(experiment: Experiment, folder: ResultsFolder, caches: Caches) -> Started:
    """Check all of the request that needs no image, and give what was found out about the backbones.

    Raises:
        RequestError: any of it is wrong.
    """
    _refuse_closed(folder.root)
    refuse_other_folds(experiment, folder, folder.folds() or FoldTable({}))
    return start_backbones(experiment, folder.experiment(), caches)


def _refuse_closed(root: Path) -> None:
    """A folder that certainly cannot be written to; whether another can is known when it is locked."""
    there = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    reason = "" if os.access(there, os.W_OK | os.X_OK) else f"{there} is closed to you"
    if not there.is_dir():
        reason = f"{there} is a file"
    if reason:
        raise RequestError(f"The results folder {root} cannot be written to: {reason}. Choose another by --results.")
