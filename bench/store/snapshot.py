"""What a results folder holds at one moment, read once. Requests are checked against it without reading again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.errors import RequestError, listed
from bench.folds.table import FoldTable

BY_SITE = "folds that are sites"


@dataclass(frozen=True)
class FolderSnapshot:
    """What is None is not there yet. `state` tells whether the folder has changed since; `complete` are ids of runs."""

    root: Path
    state: str
    experiment: Experiment | None
    cases: list[Case] | None
    folds: FoldTable | None
    complete: frozenset[str]

    @property
    def trained_here(self) -> bool:
        """Whether `bench run` or `bench search` made the folder, from images."""
        return not made_by_import(self.cases or ())

    def refuse_other_data(
        self, cases: Sequence[Case], classes: tuple[str, ...], *, internal_only: bool = False
    ) -> None:
        """Raise `RequestError` where the folder was made from other cases or classes: they cannot be compared.

        internal_only: `cases` are those that a search opened, so that external ones of the folder do not count.
        """
        if self.cases is None:
            return
        stored: Sequence[Case] = self.cases
        if internal_only or not self.complete:  # what a search alone has written has no external cases
            inside = [[case for case in table if case.site == INTERNAL] for table in (stored, cases)]
            if any(before == list(after) for before, after in zip(inside, (stored, cases), strict=True)):
                stored, cases = inside
        before, now = identities(stored), identities(cases)
        differing = sorted({case_id for case_id, *_ in before ^ now})
        if differing:
            raise RequestError(
                f"{self.root} was made from other data: {len(before)} cases then, {len(now)} now, differing in "
                f"{listed(differing, 3)}. Results of different data cannot be compared; use another --results folder."
            )
        stored_classes = tuple(self.experiment.class_order or ()) if self.experiment else ()
        if stored_classes and stored_classes != classes:
            raise RequestError(
                f"{self.root} was made with the classes {', '.join(stored_classes)}, asked for now: "
                f"{', '.join(classes)}. Use another --results folder."
            )

    def number_of_folds(self) -> int:
        """How many there are of each seed; 0 where there are none.

        Raises:
            RequestError: seeds differ in it.
        """
        try:
            return self.folds.number() if self.folds and self.folds.by_seed else 0
        except ValueError as error:
            raise RequestError(f"{self.root}/folds.parquet cannot be used: {error}. Mend or restore it.") from None

    def refuse_other_folds(self, experiment: Experiment) -> None:
        """Raise `RequestError` where other folds are asked for than the folder has, or those cannot be used."""
        if self.folds is None or not self.folds.by_seed:
            return
        holdout = self.experiment.holdout if self.experiment else experiment.holdout
        was, asked = _of_folds(self.folds, holdout, self.number_of_folds()), _asked_for(experiment)
        if was != asked:
            raise RequestError(
                f"{self.root} was made with {was}, asked for now: {asked}. They cannot be compared; use another "
                f"--results folder."
            )


def _of_folds(folds: FoldTable, holdout: float | None, number: int) -> str:
    if folds.sites:
        return BY_SITE
    return f"a hold-out split of {holdout}" if holdout else f"{number} folds"


def _asked_for(experiment: Experiment) -> str:
    if experiment.by_site:
        return BY_SITE
    return f"a hold-out split of {experiment.holdout}" if experiment.holdout else f"{experiment.folds} folds"


def made_by_import(cases: Iterable[Case]) -> bool:
    """Whether no case has an image, so that nothing was trained here."""
    return not any(case.path for case in cases)


def identities(cases: Sequence[Case]) -> set[tuple[str, str, str, str | None]]:
    """What makes two tables the same data. Groups count as a partition, named by the first of their cases."""
    first: dict[str, str] = {}
    for case in sorted(cases, key=lambda case: case.case_id):
        if case.group is not None:
            first.setdefault(case.group, case.case_id)
    return {
        (case.case_id, case.label, case.digest, None if case.group is None else first[case.group]) for case in cases
    }
