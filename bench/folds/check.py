"""What must hold for folds, drawn or edited by hand. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from bench.data.cases import Case
from bench.errors import RequestError, listed
from bench.folds.table import NEVER_HELD_OUT, FoldOfCase

ADVICE = "Ask for fewer folds (--folds), merge classes under [classes], or add images."


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
