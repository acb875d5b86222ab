"""The leakage check: what training would see of the cases it is tested on, and what the user is told. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.data.cases import COPIES_OF, INTERNAL, Case, internal
from bench.data.copies import CopyPair
from bench.data.pseudonyms import PSEUDONYM
from bench.folds.table import FoldTable

PATIENT = "same patient"
TWO_FOLDS = "two folds of seed"
TWO_SITES = "sites"
SHOWN = 10
WHOLE = ""
DEIDENTIFIED = "Where de-identified DICOM files of many patients bear one PatientID: --group-by study (or series)."


@dataclass(frozen=True)
class Leak:
    """Two cases of which one may be trained on while the other is tested on, and what they share."""

    first: str
    second: str
    what: str
    where: str


def find_leaks(cases: Sequence[Case], copies: Iterable[CopyPair], folds: FoldTable) -> list[Leak]:
    """Copies and patients in two folds of any seed, or both internal and external, each pair once.

    `cases` have the groups that were read, not those of `grouped`: joined groups are named after one of them, and a
    patient known at an external site by the other would be missed.
    """
    found = [
        Leak(cases[pair.first].case_id, cases[pair.second].case_id, pair.text(), where)
        for pair in copies
        if (where := _where(cases[pair.first], cases[pair.second], folds))
    ]
    return [*found, *_patients(cases, folds)]


def _where(a: Case, b: Case, folds: FoldTable) -> str:
    if folds.sites:
        return "" if a.site == b.site else f"{TWO_SITES} {a.site} and {b.site}"
    if (a.site == INTERNAL) != (b.site == INTERNAL):
        return f"internal and {a.site if b.site == INTERNAL else b.site}"
    if a.site == INTERNAL:
        for seed, fold_of in folds.by_seed.items():
            if fold_of[a.case_id] != fold_of[b.case_id]:
                return f"{TWO_FOLDS} {seed}"
    return ""


def _patients(cases: Sequence[Case], folds: FoldTable) -> Iterator[Leak]:
    """A patient's first internal case, with the first of its cases in each place where it must not be."""
    of_patient: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.group is not None:
            of_patient[case.group].append(case)
    for members in of_patient.values():
        first = next((case for case in members if folds.sites or case.site == INTERNAL), None)
        if first is None:
            continue
        places: dict[str, Case] = {}
        for case in members:
            if where := _where(first, case, folds):
                places.setdefault(where, case)
        yield from (Leak(first.case_id, case.case_id, PATIENT, where) for where, case in places.items())


def grouped(cases: Sequence[Case], copies: Iterable[CopyPair]) -> list[Case]:
    """`cases` with internal copies in one group, together with the groups that they had."""
    first: dict[str, int] = {}
    inside = [number for number, case in enumerate(cases) if case.site == INTERNAL]
    edges = [
        (first.setdefault(group, number), number) for number in inside if (group := cases[number].group) is not None
    ]
    edges += [
        (pair.first, pair.second) for pair in copies if cases[pair.first].site == cases[pair.second].site == INTERNAL
    ]
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(edges)), (ends[0], ends[1])), shape=(len(cases), len(cases)))
    _, members, sizes = np.unique(
        connected_components(graph, directed=False)[1], return_inverse=True, return_counts=True
    )
    eldest = {part: number for number, part in reversed(list(enumerate(members.tolist())))}
    return [
        replace(case, group=_name(cases[eldest[part]])) if sizes[part] > 1 else case
        for case, part in zip(cases, members.tolist(), strict=True)
    ]


def _name(case: Case) -> str:
    return case.group if case.group is not None else f"{COPIES_OF}{case.case_id}"


def leak_message(leaks: Sequence[Leak], cases: Sequence[Case], given: Mapping[str, str], options: Sequence[str]) -> str:
    """Why the run stops, with commands that can be given as they stand.

    `given` are the paths of the user's data by site, under "" one that holds all sites; `options` say how an audit
    is to read them.
    """
    pairs = [f"  {leak.first} and {leak.second}: {leak.what}; {leak.where}" for leak in leaks[:SHOWN]]
    more = [f"  and {len(leaks) - SHOWN} more"] if len(leaks) > SHOWN else []
    copies = [leak for leak in leaks if leak.what != PATIENT]
    return "\n".join(
        [
            f"{len(leaks)} pair(s) of cases would leak from training into evaluation, so that its numbers would be too "
            f"good:",
            *pairs,
            *more,
            "What to do:",
            *(_about_copies(copies, cases, given, options) if copies else []),
            *(_about_patients(leaks, cases) if len(copies) < len(leaks) else []),
            "--allow-leaks runs all the same and says so under every table.",
        ]
    )


def _about_copies(
    copies: Sequence[Leak], cases: Sequence[Case], given: Mapping[str, str], options: Sequence[str]
) -> list[str]:
    site_of = {case.case_id: case.site for case in cases}
    # of two copies the audit keeps the first, which is an internal one if there is any
    paths = dict.fromkeys(given.get(site_of[leak.second], given.get(WHOLE, "")) for leak in copies)
    audited = [path if site == WHOLE else f"{site}={path}" for site, path in given.items()]
    ungrouped = "" if any(case.group for case in internal(cases)) else " (a manifest with a column group)"
    together = (
        f"or say which cases are one patient{ungrouped}; or give --group-duplicates, which puts internal copies into "
        "one fold."
    )
    in_folds = any(not leak.where.startswith(TWO_SITES) for leak in copies)
    return [
        "Copies: see them, and move all but one of each away (into a folder beside, from where they can come back):",
        f"  bench data audit {' '.join(map(quote, [*audited, *options]))} --out audit",
        *(f"  bench data clean {quote(path)} --from audit/audit.json --apply" for path in paths),
        *([together] if in_folds else []),
    ]


def _about_patients(leaks: Sequence[Leak], cases: Sequence[Case]) -> list[str]:
    inside = {leak.where.startswith(TWO_FOLDS) for leak in leaks if leak.what == PATIENT}
    texts = {
        True: "Patients in two folds: hold their cases out together in folds.parquet, or mend their groups.",
        False: "Patients at two sites: remove their cases from one of them. Where two sites use one name for different "
        "patients, rename the groups at one.",
    }
    leaking = {leak.first for leak in leaks if leak.what == PATIENT}
    hidden = any(case.case_id in leaking and (case.group or "").startswith(PSEUDONYM) for case in cases)
    return [*(text for place, text in texts.items() if place in inside), *([DEIDENTIFIED] if hidden else [])]
