"""The fold table, in which fold of a seed an internal case is held out, and what must hold for it. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.data.cases import Case
from bench.errors import RequestError, listed

NEVER_HELD_OUT = -1

FoldOfCase = Mapping[str, int]
ADVICE = "Ask for fewer folds (--folds), merge classes under [classes], or add images."


@dataclass(frozen=True)
class FoldTable:
    """seed → case_id → fold. Fold −1 means that the case is in every training part (single hold-out split).

    sites: where each fold is a site, the site of each; then the cases of all sites have folds. Else empty, and only
    internal cases have one.
    """

    by_seed: Mapping[int, FoldOfCase]
    sites: tuple[str, ...] = ()

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
        return FoldTable({**other.by_seed, **self.by_seed}, self.sites or other.sites)


def to_frame(table: FoldTable) -> pd.DataFrame:
    """Columns seed, case_id, fold, and site where folds are sites; sorted by seed, cases in the order of the table."""
    rows = [(seed, case, fold) for seed in sorted(table.by_seed) for case, fold in table.by_seed[seed].items()]
    frame = pd.DataFrame(rows, columns=["seed", "case_id", "fold"])
    return frame.assign(site=[table.sites[fold] for fold in frame["fold"]]) if table.sites else frame


def from_frame(frame: pd.DataFrame) -> FoldTable:
    """The inverse of `to_frame`; strict, since the file may have been edited by hand.

    Raises:
        KeyError: a column is missing.
        ValueError: a seed or fold is no whole number, a case stands twice under one seed, or a fold is several sites.
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
        },
        _sites(frame) if "site" in frame else (),
    )


def _sites(frame: pd.DataFrame) -> tuple[str, ...]:
    pairs = frame[["fold", "site"]].drop_duplicates().sort_values("fold")
    if pairs["fold"].tolist() != list(range(len(pairs))):
        raise ValueError("column site names not one site for each of the folds 0, 1, 2, …")
    return tuple(map(str, pairs["site"]))


def check_folds(cases: Sequence[Case], fold_of: FoldOfCase) -> None:
    """No group in two folds, no fold empty, every class in every training part, every case in the table.

    Raises:
        RequestError: which case, group, fold or class fails, and what to do.
    """
    known = {case.case_id for case in cases}
    missing, strange = sorted(known - set(fold_of)), sorted(set(fold_of) - known)
    if missing or strange:
        raise RequestError(
            f"The folds do not fit the cases: without a fold: {listed(missing) or 'none'}; not among the internal "
            f"cases: {listed(strange) or 'none'}. Mend folds.parquet or use another results folder."
        )
    numbers = sorted(set(fold_of.values()) - {NEVER_HELD_OUT})
    if numbers != list(range(len(numbers))) or not numbers:
        raise RequestError(
            f"Folds must be numbered 0, 1, 2, … without gaps, found {numbers}: some fold is empty. {ADVICE}"
        )
    _check_groups(cases, fold_of)
    for fold in numbers:
        _check_training_part(cases, fold_of, fold)


def _check_groups(cases: Sequence[Case], fold_of: FoldOfCase) -> None:
    folds_of_group: dict[str, set[int]] = defaultdict(set)
    for case in cases:
        if case.group is not None:
            folds_of_group[case.group].add(fold_of[case.case_id])
    split = sorted(group for group, folds in folds_of_group.items() if len(folds) > 1)
    if split:
        raise RequestError(
            f"Group(s) in more than one fold: {listed(split)}. Cases of one patient must be held out together, "
            f"else training sees the patient it is tested on. Mend folds.parquet or the group column."
        )


def _check_training_part(cases: Sequence[Case], fold_of: FoldOfCase, fold: int) -> None:
    trained = {case.label for case in cases if fold_of[case.case_id] != fold}
    absent = sorted({case.label for case in cases} - trained)
    if absent:
        raise RequestError(
            f"Fold {fold} holds out every case of class {listed(absent)}, so that its training part has none. {ADVICE}"
        )
