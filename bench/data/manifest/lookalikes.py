"""Columns of a manifest that nobody named but that look like patients, sites, paths or labels. Pure."""

import re
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from bench.data.kinds import kind_of_name

_KEY = "(ids?|nos?|nr|nums?|numbers?|names?|keys?|codes?|uids?|instanceuids?|identifiers?|pseudonyms?|hash)?"
_CALLED = {
    "group": (  # the first that is met is the best guess
        f"(patients?|pats?|patienten){_KEY}|pid|ptid|mrn|medicalrecord{_KEY}|medrec{_KEY}",
        f"(subjects?|subj|sub|participants?|persons?|people|individuals?|probands?|donors?|volunteers?|anon){_KEY}",
        f"(animals?|mouse|mice|specimens?|lesions?){_KEY}",
        f"cases?{_KEY}",
        f"(study|studies|exams?|examinations?|accessions?|visits?|encounters?){_KEY}",
        f"(series|scans?|volumes?|stacks?){_KEY}",
    ),
    "site": (f"(hospitals?|clinics?|cent(er|re)s?|institut(e|ion)s?|sites?|facilit(y|ies)|klinik){_KEY}",),
    "label": ("(class(es)?|labels?|diagnos[ie]s|dx|target|categor(y|ies)|finding|y|ground ?truth|gt)(names?|ids?)?",),
}
MOSTLY = 0.9
Guessed = Literal["path", "label", "group", "site"]


def columns_like(
    what: Literal["path", "label", "group", "site"], table: pd.DataFrame, known: Sequence[str]
) -> list[str]:
    """Columns beside the `known` ones that may be meant by `what`, the best guess first.

    For paths that is by their cells; else they are called so (patients, studies or series; hospitals; classes) and are
    not the same all over.
    """
    others = [str(name) for name in table.columns if name not in known]
    if what == "path":
        return [name for name in others if are_paths(list(table[name]))]
    bare = {name: _letters(name) for name in others if len(set(table[name]) - {""}) > 1}
    return [name for pattern in _CALLED[what] for name, letters in bare.items() if re.fullmatch(pattern, letters)]


def is_called(what: Literal["group", "site", "label"], name: str) -> bool:
    """Whether a column is called as those of patients, hospitals or classes are."""
    return any(re.fullmatch(pattern, _letters(name)) for pattern in _CALLED[what])


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def are_paths(cells: Sequence[str]) -> bool:
    """Whether nearly all cells that are not empty end as names of images do."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(kind_of_name(cell) is not None for cell in filled) >= MOSTLY * len(filled)
