"""External predictions, read from files and checked against the results folder that they go to. Reads both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data.cases import Case
from bench.data.images import file_digest
from bench.data.passed_over import Entry, PassedOver
from bench.errors import RequestError
from bench.external.cases import cases_of, with_case_ids
from bench.external.complete import refuse_duplicates, refuse_gaps
from bench.external.folds import folds_of, number_of_folds, refuse_untrainable
from bench.external.runs import ExternalRun, runs_of
from bench.external.scores import score_rows
from bench.external.table import read_predictions
from bench.folds.table import FoldTable
from bench.store.folder import ResultsFolder
from bench.store.snapshot import FolderSnapshot


@dataclass(frozen=True)
class ExternalPredictions:
    """What is to be stored, and `there`, what the folder holds.

    files: what was read, by name, with the digests; changed: what was read otherwise than it was written.
    """

    files: dict[str, str]
    cases: tuple[Case, ...]
    classes: tuple[str, ...]
    folds: FoldTable
    runs: list[ExternalRun]
    changed: tuple[Entry, ...]
    there: FolderSnapshot


def read_external(files: Sequence[Path], folder: ResultsFolder) -> ExternalPredictions:
    """Read and check the files against the folder, which need not exist; writes nothing.

    Raises:
        RequestError: what is wrong, with the rows.
    """
    there, account = folder.snapshot(), PassedOver()
    if there.experiment is None and there.trained_here:
        raise RequestError(f"{folder.root} lacks its experiment.toml. Restore it, or use another --results folder.")
    if there.folds is not None and there.folds.sites:
        raise RequestError(
            f"{folder.root} was made with --folds sites, into which no predictions can be brought. Use another "
            f"--results folder."
        )
    known, stored = there.cases or [], there.folds or FoldTable({})
    classes = tuple(there.experiment.class_order or ()) if there.experiment and known else ()
    scored = score_rows(with_case_ids(read_predictions(files, account), known, account), classes or None)
    table = scored.table
    cases = cases_of(table, known)
    refuse_duplicates(table)
    folds = folds_of(table, cases, stored)
    refuse_gaps(table, cases, folds, number_of_folds(table, stored))
    if there.trained_here:
        refuse_untrainable(table, cases, folds, stored)
    digests = {str(file): file_digest(file) for file in files}
    return ExternalPredictions(digests, cases, scored.classes, folds, runs_of(scored), account.entries(), there)
