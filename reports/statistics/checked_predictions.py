"""Checks predictions against the case table, so that no row is dropped or counted twice unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.statistics.cases import INTERNAL, Cases
from reports.statistics.checks import codes, refuse, require_columns
from reports.statistics.confusion_counts import Flags, Integers

_COLUMNS = ("seed", "fold", "site", "case_id", "label", "predicted")


@dataclass(frozen=True)
class Predictions:
    """Checked predictions as codes, each (n_predictions,); seed and fold are the numbers given, row the table's."""

    seed: Integers
    fold: Integers
    site: Integers
    case: Integers
    predicted: Integers
    row: Integers

    def where(self, keep: Flags) -> Predictions:
        return Predictions(*(column[keep] for column in vars(self).values()))


def check_predictions(table: pd.DataFrame, cases: Cases, name: str) -> Predictions:
    """Predictions as codes.

    Raises ValueError naming the first offenders: unknown cases or classes, labels or sites that contradict the case
    table, seeds or folds that are no whole numbers, duplicates.
    """
    require_columns(table, _COLUMNS, f"the predictions of {name}")
    where = f"The predictions of {name}"
    ids, classes = table["case_id"], pd.Index(list(cases.classes))
    case = codes(ids, cases.ids)
    refuse(case < 0, ids, f"{where} hold a case that the case table lacks:")
    predicted, label = codes(table["predicted"], classes), codes(table["label"], classes)
    refuse(predicted < 0, table["predicted"], f"{where} name an unknown class:")
    refuse(label < 0, table["label"], f"{where} name an unknown class:")
    refuse(label != cases.label[case], ids, f"{where} and the case table differ in the label of")
    site = codes(table["site"], pd.Index(list(cases.site_names)))
    refuse(site != cases.site[case], ids, f"{where} and the case table differ in the site of")
    for column in ("seed", "fold"):
        number = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        refuse(~np.isfinite(number) | (number != np.round(number)), table[column], f"{where} have no whole {column}:")
    seed, fold = (table[column].to_numpy(dtype=np.int64) for column in ("seed", "fold"))
    # Out of fold, a case has one prediction a seed, whatever the fold.
    model = np.where(site == cases.code_of(INTERNAL), -1, fold)
    twice = pd.DataFrame({"seed": seed, "model": model, "case": case}).duplicated().to_numpy()
    if twice.any():
        shown = table[["seed", "fold", "site", "case_id"]].astype(str)
        text = "(" + shown["seed"] + ", " + shown["fold"] + ", " + shown["site"] + ", " + shown["case_id"] + ")"
        refuse(twice, text, f"{where} predict twice (seed, fold, site, case):")
    return Predictions(seed, fold, site, case, predicted, np.arange(len(table)))


def complete_seeds(predictions: Predictions, cases: Cases, name: str, folds: int) -> tuple[list[int], list[str]]:
    """The seeds that have all folds and, from each fold model, every case of the sites predicted; notes on the others.

    Raises ValueError where a seed has more folds than declared.
    """
    internal = cases.code_of(INTERNAL)
    external = [int(code) for code in np.unique(predictions.site) if code != internal]
    seeds, notes = [], []
    for seed in np.unique(predictions.seed).tolist():
        of_seed = predictions.where(predictions.seed == seed)
        trained = np.unique(of_seed.fold[of_seed.site == internal])
        if len(trained) > folds:
            raise ValueError(f"{name}: seed {seed} has folds {trained.tolist()} where {folds} were declared.")
        problem = _incompleteness(of_seed, trained, external, cases, folds)
        if problem is None:
            seeds.append(seed)
        else:
            notes.append(f"{name}: seed {seed} is left out, {problem}.")
    return seeds, notes


def _incompleteness(
    of_seed: Predictions, trained: Integers, external: Sequence[int], cases: Cases, folds: int
) -> str | None:
    if len(trained) < folds:
        return f"{len(trained)} of its {folds} folds are there"
    for code in external:
        fold = of_seed.fold[of_seed.site == code]
        if len(fold) != cases.count(code) * folds or not np.isin(fold, trained).all():
            return f"not every fold model has predicted every case of {cases.site_names[code]}"
    return None
