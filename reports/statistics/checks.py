"""Checks of data frames; their errors name what is wrong and the first rows that are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.statistics.confusion_counts import Flags, Integers

_SHOWN_OFFENDERS = 3


def require_columns(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise ValueError naming the columns that a table lacks."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(f"Columns missing in {what}: {', '.join(missing)}.")


def refuse(offending: Flags, shown: pd.Series, message: str) -> None:
    """Raise ValueError with the message and the first offenders, if there are any.

    offending: (n_rows,); shown: what to name of each row.
    """
    if offending.any():
        offenders = [str(value) for value in pd.unique(shown[offending])]
        rest = len(offenders) - _SHOWN_OFFENDERS
        more = f" and {rest} more" if rest > 0 else ""
        raise ValueError(f"{message} {', '.join(offenders[:_SHOWN_OFFENDERS])}{more}.")


def codes(values: pd.Series, index: pd.Index) -> Integers:
    """Positions of values in an index, −1 where they are not in it: (n_rows,)."""
    within, uniques = pd.factorize(values)
    positions = np.append(index.get_indexer(pd.Index(uniques)), -1)
    return np.asarray(positions[within], dtype=np.int64)
