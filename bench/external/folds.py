"""The folds that predictions were made in, and those of the folder. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, Case
from bench.errors import RequestError
from bench.external.rows import ENTRY, refuse_rows
from bench.external.table import NO_FOLD
from bench.folds.table import ADVICE, NEVER_HELD_OUT, FoldOfCase, FoldTable, check_folds


def folds_of(table: pd.DataFrame, cases: Sequence[Case], stored: FoldTable) -> FoldTable:
    """The `stored` folds of the folder and those of new seeds; rows without a fold add none.

    One fold alone is a single hold-out split: of a new seed, cases that it does not hold out get fold −1.

    Raises:
        RequestError: rows that contradict each other or the folder about the fold of a case.
    """
    _refuse_partly_folded(table)
    inside = table[(table["site"] == INTERNAL) & (table["fold"] != NO_FOLD)]
    refuse_rows(
        inside,
        (inside["fold"] >= inside["case_id"].nunique()).to_numpy(),
        "have a fold with a higher number than there are cases",
        "Number folds from 0.",
    )
    _refuse_other_folds(inside, stored)
    _refuse_contradictions(inside)
    number = number_of_folds(table, stored)
    internal = [case for case in cases if case.site == INTERNAL]
    new: dict[int, FoldOfCase] = {}
    for seed, rows in inside.groupby("seed"):
        if seed not in stored.by_seed:
            held_out = dict(zip(rows["case_id"], rows["fold"].tolist(), strict=True))
            otherwise = {case.case_id: NEVER_HELD_OUT for case in internal} if number == 1 else {}
            fold_of = otherwise | held_out
            new[int(seed)] = {case.case_id: fold_of[case.case_id] for case in internal if case.case_id in fold_of}
    return stored.with_seeds(FoldTable(new))


def number_of_folds(table: pd.DataFrame, stored: FoldTable) -> int:
    """How many folds each seed has: the folder's number, else that of the rows; 0 where no row has a fold.

    Raises:
        RequestError: the folder's seeds differ in it.
    """
    if stored.by_seed:
        try:
            return stored.number()
        except ValueError as error:
            raise RequestError(f"folds.parquet cannot be used: {error}. Mend or restore it.") from None
    return int(table.loc[table["site"] == INTERNAL, "fold"].max()) + 1


def _refuse_partly_folded(table: pd.DataFrame) -> None:
    without = (table["fold"] == NO_FOLD).to_numpy()
    some_without = table.assign(without=without).groupby(ENTRY)["without"].transform("mean").to_numpy()
    refuse_rows(
        table,
        without & (some_without < 1),
        "have no fold where other rows of the same backbone, weights and recipe have one",
        "Give every row its fold, or none: then each case has one prediction a seed.",
    )


def _refuse_other_folds(inside: pd.DataFrame, stored: FoldTable) -> None:
    wrong = np.array(
        [
            seed in stored.by_seed and stored.by_seed[seed].get(case_id, NEVER_HELD_OUT) != fold
            for seed, case_id, fold in inside[["seed", "case_id", "fold"]].itertuples(index=False)
        ],
        dtype=bool,
    )
    refuse_rows(
        inside,
        wrong,
        "hold a case out in another fold than folds.parquet of the results folder",
        "Predictions of other folds cannot be paired with those there: train by folds.parquet, give the seeds other "
        "numbers, or use another --results folder.",
    )


def _refuse_contradictions(inside: pd.DataFrame) -> None:
    first = inside.groupby(["seed", "case_id"])["fold"].transform("first")
    refuse_rows(
        inside,
        (inside["fold"] != first).to_numpy(),
        "hold a case out in another fold than an earlier row of the same seed",
        "Under one seed a case has one fold, the same for every backbone; give other folds another seed.",
    )


def refuse_untrainable(table: pd.DataFrame, cases: Sequence[Case], folds: FoldTable, stored: FoldTable) -> None:
    """Raise `RequestError` where `bench run` would refuse new seeds in its folder: they are there for it, too."""
    internal = [case for case in cases if case.site == INTERNAL]
    group_of = {case.case_id: case.group for case in internal if case.group is not None}
    for seed in sorted(set(folds.by_seed) - set(stored.by_seed)):
        fold_of = folds.by_seed[seed]
        of_seed = table[(table["seed"] == seed) & (table["site"] == INTERNAL)]
        of_group = pd.DataFrame({"group": group_of, "fold": {case: fold_of[case] for case in group_of}})
        split = of_group.groupby("group")["fold"].transform("nunique") > 1
        refuse_rows(
            of_seed,
            of_seed["case_id"].isin(split.index[split]).to_numpy(),
            f"(seed {seed}) are of patients whose cases lie in several folds",
            "Training has seen the patient that is tested: hold a patient's cases out together, or use a new "
            "--results folder, where every table will say so.",
        )
        try:
            check_folds([replace(case, group=None) for case in internal], fold_of)
        except RequestError as error:
            reason = str(error).removesuffix(f" {ADVICE}")
            raise RequestError(f"{reason} (seed {seed}). Use another --results folder.") from None
