"""Columns of a manifest that nobody named but that look like patients, sites, paths or labels. Pure."""

import re
from collections.abc import Sequence

import pandas as pd

from bench.data.kinds import kind_of_name

_KEY = "(ids?|nos?|nr|nums?|numbers?|names?|keys?|codes?|uids?|instanceuids?|identifiers?|pseudonyms?|hash)?"
_PATIENTS = (  # the first that is met is the best guess
    f"(patients?|pats?|patienten){_KEY}|pid|ptid|mrn|medicalrecord{_KEY}|medrec{_KEY}",
    f"(subjects?|subj|sub|participants?|persons?|people|individuals?|probands?|donors?|volunteers?|anon){_KEY}",
    f"(animals?|mouse|mice|specimens?|lesions?){_KEY}",
    f"cases?{_KEY}",
    f"(study|studies|exams?|examinations?|accessions?|visits?|encounters?){_KEY}",
    f"(series|scans?|volumes?|stacks?){_KEY}",
)
_SITES = (f"(hospitals?|clinics?|cent(er|re)s?|institut(e|ion)s?|sites?|facilit(y|ies)|klinik){_KEY}",)
_LABELS = ("(class(es)?|labels?|diagnos[ie]s|dx|target|categor(y|ies)|finding|y|ground ?truth|gt)(names?|ids?)?",)
MOSTLY = 0.9


def like_patients(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """Columns beside the `known` ones that are called like patients, studies or series and are not the same all over.

    The best guess comes first.
    """
    return _called(table, known, _PATIENTS)


def like_sites(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """As `like_patients`, of hospitals."""
    return _called(table, known, _SITES)


def like_labels(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """As `like_patients`, of classes."""
    return _called(table, known, _LABELS)


def like_paths(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """Columns beside the `known` ones whose cells look like image files."""
    return [str(name) for name in table.columns if name not in known and are_paths(list(table[name]))]


def are_paths(cells: Sequence[str]) -> bool:
    """Whether nearly all cells that are not empty end as names of images do."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(kind_of_name(cell) is not None for cell in filled) >= MOSTLY * len(filled)


def _called(table: pd.DataFrame, known: Sequence[str], patterns: Sequence[str]) -> list[str]:
    bare = {
        str(name): re.sub(r"[\W_]", "", str(name).casefold())
        for name in table.columns
        if name not in known and len(set(table[name]) - {""}) > 1
    }
    return [name for pattern in patterns for name, letters in bare.items() if re.fullmatch(pattern, letters)]
