"""What training would see of the cases it is tested on: the leak gate. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.data.cases import INTERNAL, Case, internal
from bench.data.copies import CopyPair
from bench.folds.table import FoldTable

PATIENT = "same patient"
SHOWN = 10


@dataclass(frozen=True)
class Leak:
    """Two cases of which one may be trained on while the other is tested on, and what they share."""

    first: str
    second: str
    what: str
    where: str


def find_leaks(cases: Sequence[Case], copies: Iterable[CopyPair], folds: FoldTable) -> list[Leak]:
    """Copies in two folds of any seed, and copies or patients both internal and external, each pair once."""
    found = [
        Leak(cases[pair.first].case_id, cases[pair.second].case_id, pair.text(), where)
        for pair in copies
        if (where := _where(cases[pair.first], cases[pair.second], folds))
    ]
    return [*found, *_patients(cases)]


def _where(a: Case, b: Case, folds: FoldTable) -> str:
    if (a.site == INTERNAL) != (b.site == INTERNAL):
        return f"internal and {a.site if b.site == INTERNAL else b.site}"
    if a.site == INTERNAL:
        for seed, fold_of in folds.by_seed.items():
            if fold_of[a.case_id] != fold_of[b.case_id]:
                return f"two folds of seed {seed}"
    return ""


def _patients(cases: Sequence[Case]) -> list[Leak]:
    """One pair for each patient of the internal site and each external site that has the patient too."""
    first: dict[str, dict[str, str]] = defaultdict(dict)
    for case in cases:
        if case.group is not None:
            first[case.group].setdefault(case.site, case.case_id)
    return [
        Leak(sites[INTERNAL], case_id, PATIENT, f"internal and {site}")
        for sites in first.values()
        if INTERNAL in sites
        for site, case_id in sites.items()
        if site != INTERNAL
    ]


def grouped(cases: Sequence[Case], copies: Iterable[CopyPair]) -> list[Case]:
    """`cases` with internal copies in one group, together with the groups that they had."""
    parent = {number: number for number in range(len(cases))}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(a: int, b: int) -> None:
        low, high = sorted((root(a), root(b)))
        parent[high] = low

    inside = [number for number, case in enumerate(cases) if case.site == INTERNAL]
    member: dict[str, int] = {}
    for number in inside:
        if (group := cases[number].group) is not None:
            join(member.setdefault(group, number), number)
    for pair in copies:
        if cases[pair.first].site == cases[pair.second].site == INTERNAL:
            join(pair.first, pair.second)
    sizes: dict[int, int] = defaultdict(int)
    for number in inside:
        sizes[root(number)] += 1
    joined = {number for number in inside if sizes[root(number)] > 1}
    return [
        replace(case, group=_name(cases[root(number)])) if number in joined else case
        for number, case in enumerate(cases)
    ]


def _name(case: Case) -> str:
    return case.group if case.group is not None else f"copies of {case.case_id}"


def leak_message(leaks: Sequence[Leak], cases: Sequence[Case], paths: Sequence[str]) -> str:
    """Why the run stops: the pairs, and the ways out; `paths` are what the user gave as data."""
    pairs = "\n".join(f"  {leak.first} and {leak.second}: {leak.what}; {leak.where}" for leak in leaks[:SHOWN])
    more = f"\n  and {len(leaks) - SHOWN} more" if len(leaks) > SHOWN else ""
    given = " ".join(paths)
    ungrouped = "" if any(case.group for case in internal(cases)) else " (a manifest with a column group)"
    return (
        f"{len(leaks)} pair(s) of cases would leak from training into evaluation, so that its numbers would be too "
        f"good:\n{pairs}{more}\nWhat to do: see them and move copies away with\n"
        f"  bench data audit {given} --out audit\n"
        f"  bench data clean {given} --from audit/audit.json\n"
        f"or say which cases are one patient{ungrouped}; or give --group-duplicates, which holds internal copies out "
        f"together; or --allow-leaks, which runs all the same and says so under every table."
    )
