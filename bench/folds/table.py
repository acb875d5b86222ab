"""The fold table: for each seed, the fold in which an internal case is held out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

NEVER_HELD_OUT = -1

FoldOfCase = Mapping[str, int]


@dataclass(frozen=True)
class FoldTable:
    """seed → case_id → fold. Fold −1 means that the case is in every training part (single hold-out split)."""

    by_seed: Mapping[int, FoldOfCase]

    def folds(self, seed: int) -> list[int]:
        """The folds of `seed`, in order."""
        return sorted(set(self.by_seed[seed].values()) - {NEVER_HELD_OUT})

    def number(self) -> int:
        """Number of folds, the same for every seed.

        Raises:
            ValueError: seeds differ in it.
        """
        numbers = {seed: len(self.folds(seed)) for seed in self.by_seed}
        if len(set(numbers.values())) != 1:
            raise ValueError(f"seeds differ in their number of folds: {numbers}")
        return next(iter(numbers.values()))

    def with_seeds(self, other: "FoldTable") -> "FoldTable":
        """Both tables; where both have a seed, this one's."""
        return FoldTable({**other.by_seed, **self.by_seed})


def to_frame(table: FoldTable) -> pd.DataFrame:
    """Columns seed, case_id, fold; sorted by seed, cases in the order of the table."""
    rows = [(seed, case, fold) for seed in sorted(table.by_seed) for case, fold in table.by_seed[seed].items()]
    return pd.DataFrame(rows, columns=["seed", "case_id", "fold"])


def from_frame(frame: pd.DataFrame) -> FoldTable:
    """The inverse of `to_frame`; strict, since the file may have been edited by hand.

    Raises:
        KeyError: a column is missing.
        ValueError: a seed or fold is no whole number, or a case stands twice under one seed.
    """
    for column in ("seed", "fold"):
        if (frame[column].isna() | (frame[column] % 1 != 0)).any():
            raise ValueError(f"column {column} holds values that are no whole numbers")
    twice = frame[frame.duplicated(["seed", "case_id"])]
    if len(twice):
        raise ValueError(f"case {twice['case_id'].iloc[0]} stands twice under seed {twice['seed'].iloc[0]}")
    return FoldTable(
        {
            int(seed): {str(case): int(fold) for case, fold in zip(rows["case_id"], rows["fold"], strict=True)}
            for seed, rows in frame.groupby("seed", sort=True)
        }
    )
