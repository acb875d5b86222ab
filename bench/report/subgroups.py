"""From the stored levels of cases to the attributes that a leaderboard is divided by. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from bench.data.cases import Case
from bench.data.subgroups import Subgroup
from reports.tables.subgroups import Attribute


def attributes_of(table: pd.DataFrame | None, texts: Sequence[str]) -> tuple[list[Attribute], list[str]]:
    """An attribute for each subgroup that is stored, and a note on those that are not."""
    found = list[Attribute]()
    for text in stored_among(table, texts):
        assert table is not None
        one, known = Subgroup.parse(text), table[table[text].notna()]
        of_case = dict(zip(known["case_id"].astype(str), known[text].astype(str), strict=True))
        levels = one.bands or tuple(sorted(set(of_case.values())))
        found.append(Attribute(one.name, levels, of_case))
    missing = [text for text in texts if text not in stored_among(table, texts)]
    return found, [f"{missing_message(missing)}."] if missing else []


def stored_among(table: pd.DataFrame | None, texts: Iterable[str]) -> list[str]:
    """Which of these subgroups a folder holds."""
    return [] if table is None else [text for text in texts if text in table.columns and text != "case_id"]


def missing_message(texts: Sequence[str]) -> str:
    """What to say of subgroups that a folder does not hold."""
    return (
        f"Of the subgroup(s) {', '.join(texts)} nothing is stored: bench run with --subgroups, on the images or their "
        f"manifest, adds them"
    )


def of_groups(attributes: Sequence[Attribute], cases: Sequence[Case]) -> list[Attribute]:
    """The same of groups: each has the level that its cases agree on, and none where they do not."""
    return [Attribute(one.name, one.levels, _agreed(one.of_case, cases)) for one in attributes]


def _agreed(of_case: Mapping[str, str], cases: Sequence[Case]) -> dict[str, str]:
    """By every case of a group, whichever stands for it, the one level that there is in the group."""
    levels: dict[tuple[str, str | None], set[str]] = {}
    for case in cases:
        if case.case_id in of_case:
            levels.setdefault((case.site, case.group), set()).add(of_case[case.case_id])
    found = dict[str, str]()
    for case in cases:
        if case.group is None:
            found |= {case.case_id: of_case[case.case_id]} if case.case_id in of_case else {}
        elif len(agreed := levels.get((case.site, case.group), set())) == 1:
            found |= dict.fromkeys([case.case_id], *agreed)
    return found
