"""Which cases a gallery shows. Reads a file of case ids where one is given."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.manifest.table import is_manifest, read_table
from bench.errors import RequestError, listed
from bench.explain.options import CHOICES
from bench.plain_file import plain

CASE_ID = "case_id"


def truth_probability(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Columns case_id, site, label, probability (of the true class, mean over all models), a row for each case."""
    parts = []
    for table in tables:
        columns = table.columns.get_indexer([f"p_{label}" for label in table["label"]])
        values = table.to_numpy(dtype=object)[np.arange(len(table)), columns].astype(np.float64)
        parts.append(table[[CASE_ID, "site", "label"]].astype(str).assign(probability=values))
    every = pd.concat(parts, ignore_index=True)
    return every.groupby([CASE_ID, "site", "label"], sort=True, as_index=False)["probability"].mean()


def chosen_cases(wanted: str, known: pd.DataFrame, number: int, rng: np.random.Generator) -> list[str]:
    """Case ids in the order in which they are shown: `number` of each class and site, or all that a file names.

    known: as `truth_probability`. Worst are those whose true class is thought least probable.

    Raises:
        RequestError: no such choice or file, or it names cases that are not there.
    """
    if wanted not in CHOICES:
        return _from_file(Path(wanted), known)
    if wanted == "random":
        known = known.iloc[rng.permutation(len(known))]
    else:
        known = known.sort_values("probability", ascending=wanted == "worst", kind="stable")
    return [str(case_id) for case_id in known.groupby(["site", "label"], sort=False).head(number)[CASE_ID]]


def _from_file(file: Path, known: pd.DataFrame) -> list[str]:
    if not file.is_file():
        raise RequestError(f"--cases {str(file)!r} is none of {', '.join(CHOICES)}, and no file of case ids either.")
    if is_manifest(file) and file.suffix.lower() != ".txt":
        table = read_table(file)
        if CASE_ID not in table:
            raise RequestError(f"{file} (--cases) has no column {CASE_ID!r}; it has {', '.join(table.columns)}.")
        wanted = [name for name in table[CASE_ID] if name]
    else:
        try:
            wanted = [line.strip() for line in plain(file).read_text(encoding="utf-8").splitlines() if line.strip()]
        except UnicodeDecodeError:
            raise RequestError(f"{file} (--cases) is no UTF-8 text. Write one case id a line.") from None
    unknown = sorted(set(wanted) - set(known[CASE_ID]))
    if unknown or not wanted:
        what = f"{len(unknown)} case(s) that no model has predicted: {listed(unknown, 3)}" if unknown else "no case"
        raise RequestError(f"{file} (--cases) names {what}. Case ids are those of predictions.parquet.")
    return list(dict.fromkeys(wanted))
