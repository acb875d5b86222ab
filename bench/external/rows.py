"""Rows of the files that were given, and how to refuse some of them. Pure."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.data.manifest.table import SHOWN
from bench.data.names import visible
from bench.errors import RequestError
from bench.store.records import IMPORTED

ENTRY = ["backbone", "weights", "recipe"]  # what makes a row of the leaderboard
Flags = NDArray[np.bool_]


def named(backbone: str, weights: str, recipe: str) -> str:
    """A row of the leaderboard as errors call it: `resnet34 (fine-tune, ImageNet)`, without what was not given."""
    given = [text for text in (recipe, weights) if text != IMPORTED]
    return f"{backbone} ({', '.join(given)})" if given else backbone


def places(table: pd.DataFrame, wrong: Flags) -> str:
    """`row(s) 2, 5 of a.csv; row(s) 3 of b.csv and 7 more`: the first ten, numbered as in a spreadsheet."""
    shown = table[wrong].head(SHOWN)
    texts = [
        f"row(s) {', '.join(map(str, part['row']))} of {visible(file)}"
        for file, part in shown.groupby("file", sort=False)
    ]
    rest = int(wrong.sum()) - len(shown)
    return "; ".join(texts) + (f" and {rest} more" if rest else "")


def refuse_rows(table: pd.DataFrame, wrong: Flags, what: str, advice: str) -> None:
    """Raise `RequestError` with the numbers of the wrong rows, if there are any."""
    if wrong.any():
        raise RequestError(f"{int(wrong.sum())} row(s) {what}: {places(table, wrong)}. {advice}")
