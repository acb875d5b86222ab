"""What readers of public sets share: one class for several bleeds, tables of 0 and 1, files beside the images."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from bench.data.manifest.table import read_table
from bench.data.manifest.table import refuse_rows as refuse
from bench.data.options import MultiLabel, ReadOptions
from bench.data.tree.scan import why_passed_over
from bench.errors import RequestError

refuse_rows = partial(refuse, advice="Download the table again.")
NORMAL, OTHERS = "normal", "others"
PRIORITY = ("epidural", "subdural", "intraparenchymal", "subarachnoid", "intraventricular")
"""Which of several bleeds gives its name under the rule `priority`: a convention, from the one that most often needs
an operation at once to the one that most often comes with another."""
ABBREVIATED = {
    "IPH": "intraparenchymal",
    "IVH": "intraventricular",
    "SDH": "subdural",
    "EDH": "epidural",
    "SAH": "subarachnoid",
}
SEVERAL = "image(s) that show several kinds of bleed (--multilabel single-only)"
BESIDE = "file(s) beside the images of the set, of other names"
KEEP = "Give --multilabel priority or others to keep them."


def label_of(found: Collection[str], rule: MultiLabel) -> str | None:
    """`normal` for none, the bleed for one; of several by `rule`, None where the image is to be left out."""
    if not found:
        return NORMAL
    if len(found) == 1:
        return next(iter(found))
    if rule == "priority":
        return min(found, key=PRIORITY.index)
    return OTHERS if rule == "others" else None


def label_or_left_out(found: Collection[str], options: ReadOptions, site: str, image: str) -> str | None:
    """The class of an image that shows the bleeds `found`; one that is to be left out is counted."""
    label = label_of(found, options.multilabel)
    if label is None:
        count_several(options, site, image)
    return label


def count_several(options: ReadOptions, site: str, image: str) -> None:
    """Count an image that the rule for several bleeds leaves out."""
    options.passed_over.add("left out", SEVERAL, image, site=site, advice=KEEP)


def images_among(folder: Path, fits: Callable[[Path], bool], site: str, options: ReadOptions) -> list[Path]:
    """The files of `folder` that are images of the set by their names, sorted; the others are counted."""
    images = []
    for path in sorted(folder.iterdir()):
        reason = why_passed_over(path.name) or ("" if fits(path) else BESIDE)
        if reason:
            options.passed_over.add("passed over", reason, str(path), site=site)
        else:
            images.append(path)
    return images


def table_with(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A table of texts that has `columns`.

    Raises:
        RequestError: no such file, no table, or a column is missing.
    """
    if not file.is_file():
        raise RequestError(f"There is no {file}. Is the path the folder that the set was unpacked into?")
    table = read_table(file)
    absent = [name for name in columns if name not in table]
    if absent:
        raise RequestError(f"{file} has no column {', '.join(absent)}; it has {', '.join(table.columns[:12])}.")
    return table


def flags(file: Path, table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of 0 and 1 as truth values; an empty cell is 0.

    Raises:
        RequestError: a cell is something else.
    """
    chosen = table[list(columns)].replace({"": "0", "0.0": "0", "1.0": "1"})
    wrong = ~chosen.isin(["0", "1"]).all(axis=1)
    refuse_rows(file, f"hold something else than 0 or 1 under {', '.join(columns)}", wrong)
    return chosen == "1"
