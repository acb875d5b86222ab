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

    def shape(self) -> tuple[int, bool]:
        """Number of folds, and whether the table is a single hold-out split."""
        seed = next(iter(self.by_seed))
        return len(self.folds(seed)), NEVER_HELD_OUT in self.by_seed[seed].values()

    def with_seeds(self, other: "FoldTable") -> "FoldTable":
        """Both tables; where both have a seed, this one's."""
        return FoldTable({**other.by_seed, **self.by_seed})


def to_frame(table: FoldTable) -> pd.DataFrame:
    """Columns seed, case_id, fold; sorted by seed, cases in the order of the table."""
    rows = [(seed, case, fold) for seed in sorted(table.by_seed) for case, fold in table.by_seed[seed].items()]
    return pd.DataFrame(rows, columns=["seed", "case_id", "fold"])


def from_frame(frame: pd.DataFrame) -> FoldTable:
    """The inverse of `to_frame`."""
    return FoldTable(
        {
            int(seed): {str(case): int(fold) for case, fold in zip(rows["case_id"], rows["fold"], strict=True)}
            for seed, rows in frame.groupby("seed", sort=True)
        }
    )
