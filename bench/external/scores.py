"""Classes, probabilities and the class that was predicted, of each row. Pure."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.data.cases import INTERNAL
from bench.data.names import visible
from bench.errors import RequestError, listed
from bench.external.rows import Flags, refuse_rows
from bench.external.table import PROBABILITY, class_columns

TOLERANCE = 1e-3
_SLACK = 1e-9  # of adding up


@dataclass(frozen=True)
class Scored:
    """`table` has a class in `predicted` everywhere; `probabilities` is (n_rows, n_classes), NaN where none are."""

    table: pd.DataFrame
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]


def score_rows(table: pd.DataFrame, declared: tuple[str, ...] | None) -> Scored:
    """Check what each row says of the classes, which are `declared`, or those of the p_ columns or internal labels.

    Raises:
        RequestError: an unknown class, probabilities that are none or do not sum to 1, or a predicted class that is
            not the most probable one.
    """
    classes = _classes(table, declared)
    _refuse_unknown(table, table["label"], classes, "a label")
    _refuse_unknown(table, table["predicted"], classes, "a predicted class")
    probabilities = _probabilities(table, classes)
    given = ~np.isnan(probabilities[:, 0])
    refuse_rows(
        table,
        ~given & (table["predicted"] == "").to_numpy(),
        "have neither a predicted class nor probabilities",
        "Fill in one of them.",
    )
    most = np.array(classes, dtype=object)[np.where(given[:, None], probabilities, 0.0).argmax(axis=1)]
    _refuse_contradictions(table, classes, probabilities, given)
    predicted = table["predicted"].where(table["predicted"] != "", most)
    return Scored(table.assign(predicted=predicted), classes, probabilities)


def _classes(table: pd.DataFrame, declared: tuple[str, ...] | None) -> tuple[str, ...]:
    named = class_columns(table)
    if declared is None:
        classes = tuple(named) or tuple(sorted(set(table.loc[table["site"] == INTERNAL, "label"])))
        if len(classes) < 2:
            raise RequestError(
                f"There is only one class, {visible(listed(list(classes)))!r}; a classifier has two or more. Are "
                f"internal cases of the others missing?"
                if classes
                else "No row has the site 'internal'. Call the site that was cross-validated on 'internal'."
            )
        return classes
    if named and set(named) != set(declared):
        surplus, lacking = sorted(set(named) - set(declared)), sorted(set(declared) - set(named))
        raise RequestError(
            f"The columns p_<class> do not fit the classes of the results folder ({', '.join(declared)}): unknown "
            f"{visible(listed(surplus)) or 'none'}; missing {listed(lacking) or 'none'}. Rename them, or use another "
            f"--results folder."
        )
    return declared


def _refuse_unknown(table: pd.DataFrame, cells: "pd.Series[str]", classes: tuple[str, ...], what: str) -> None:
    unknown = ~cells.isin([*classes, ""]).to_numpy()
    if unknown.any():
        names = visible(listed(sorted(set(cells[unknown])), 3))
        refuse_rows(table, unknown, f"have {what} that is no class ({names})", f"Classes are {', '.join(classes)}.")


def _probabilities(table: pd.DataFrame, classes: tuple[str, ...]) -> NDArray[np.float64]:
    """(n_rows, n_classes), rows without any NaN."""
    if not class_columns(table):
        return np.full((len(table), len(classes)), np.nan)
    columns = f"Every column {PROBABILITY}… is a class: {visible(', '.join(classes))}."
    texts = table[[PROBABILITY + name for name in classes]].to_numpy(dtype=object)
    empty = texts == ""
    values = np.array([[_number(text) for text in row] for row in texts])
    given = ~empty.all(axis=1)
    refuse_rows(
        table,
        given & empty.any(axis=1),
        "have a probability for some classes only",
        f"Give one for every class, or none. {columns}",
    )
    wrong = given & ~(np.isfinite(values) & (values >= 0)).all(axis=1)
    refuse_rows(
        table,
        wrong,
        "have a probability that is no number of 0 or more",
        f"Write decimals with a point, such as 0.25. {columns}",
    )
    astray = given & (np.abs(values.sum(axis=1) - 1) > TOLERANCE + _SLACK)
    if astray.any():
        first = values[astray][0].sum()
        refuse_rows(
            table,
            astray,
            f"have probabilities that do not sum to 1 ± {TOLERANCE:g} (the first: {first:.6g})",
            f"Give each class's share, not logits or percent. {columns}",
        )
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _refuse_contradictions(
    table: pd.DataFrame, classes: tuple[str, ...], probabilities: NDArray[np.float64], given: Flags
) -> None:
    """Of classes that are equally probable any may have been predicted."""
    named = given & (table["predicted"] != "").to_numpy()
    position = {name: number for number, name in enumerate(classes)}
    own = table["predicted"].map(position).fillna(0).to_numpy(dtype=np.int64)
    of_own = probabilities[np.arange(len(table)), own]
    highest = np.where(given[:, None], probabilities, 0.0).max(axis=1)
    refuse_rows(
        table,
        named & (of_own < highest),
        "have a predicted class that is not the one of the highest probability",
        "Give one of the two columns alone, or mend them.",
    )
