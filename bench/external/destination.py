"""What a results folder holds already, which external predictions must fit. Reads the folder."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.table import FoldTable
from bench.store.folder import ResultsFolder


@dataclass(frozen=True)
class Destination:
    """`cases` is empty and `classes` None in a new folder; `state` tells whether it has changed since."""

    cases: tuple[Case, ...]
    classes: tuple[str, ...] | None
    folds: FoldTable
    experiment: Experiment | None
    state: str

    @classmethod
    def of(cls, folder: ResultsFolder) -> "Destination":
        """Read a folder, which need not exist.

        Raises:
            RequestError: one of its files is spoilt, or the experiment of `bench run` is missing.
        """
        state, experiment, cases = folder.state(), folder.experiment(), folder.cases() or []
        if experiment is None and cases and not made_by_import(cases):
            raise RequestError(f"{folder.root} lacks its experiment.toml. Restore it, or use another --results folder.")
        known = tuple(experiment.class_order or ()) if experiment and cases else ()
        return cls(tuple(cases), known or None, folder.folds() or FoldTable({}), experiment, state)

    @property
    def trained_here(self) -> bool:
        """Whether `bench run` made the folder, from images."""
        return bool(self.cases) and not made_by_import(self.cases)


def made_by_import(cases: Iterable[Case]) -> bool:
    """Whether no case has an image, so that nothing was trained here."""
    return not any(case.path for case in cases)
