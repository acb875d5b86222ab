"""The tables of two results folders that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.tables.table import Column, Table


@dataclass(frozen=True)
class ComparedRun:
    """Two runs that should be equal. step and tensor: where digests first differ, None where none does."""

    backbone: str
    seed: int
    replicate: int
    fold: int
    same_id: bool
    step: int | None
    tensor: str | None
    differing: int
    predictions: int
    same_bytes: bool
    traced: bool

    @property
    def outcome(self) -> str:
        if not self.traced and not self.same_bytes:
            return "predictions differ; no digests are stored"
        if self.step is not None:
            return f"part at step {self.step}" if self.step else "begin with other weights"
        return "the same to the last bit" if self.same_bytes else "predictions differ"


def compare_tables(
    settings: Sequence[tuple[str, str, str]], runs: Sequence[ComparedRun], notes: Sequence[str]
) -> tuple[Table, ...]:
    """What differs in numerics and environment, and every pair of runs. `notes` stand below the runs."""
    differing = Table(
        "compare_settings",
        "What differs in numerics and environment",
        (Column("what", "What"), Column("a", "A"), Column("b", "B")),
        tuple(settings) or (("nothing", None, None),),
    )
    compared = Table(
        "compare_runs",
        "Runs that should be equal",
        (
            *(
                Column("backbone", "Backbone"),
                Column("seed", "Seed", "number"),
                Column("replicate", "Repeat", "number"),
            ),
            *(Column("fold", "Fold", "number"), Column("same_id", "Same run id"), Column("outcome", "Outcome")),
            *(Column("tensor", "First tensor", shown="filled"), Column("differing", "Predictions that differ")),
        ),
        tuple(
            (
                *(run.backbone, run.seed, run.replicate, run.fold, run.same_id, run.outcome, run.tensor),
                f"{run.differing} of {run.predictions}",
            )
            for run in runs
        ),
        tuple(notes),
    )
    return differing, compared
