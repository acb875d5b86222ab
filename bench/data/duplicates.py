"""Identical files among the cases: what a user must be told. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from bench.data.cases import INTERNAL, Case


def warnings_of_duplicates(cases: Sequence[Case]) -> list[str]:
    """A sentence for each kind of identical file: within the internal site, under two labels, at two sites."""
    same: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        same[case.digest].append(case)
    copies = [group for group in same.values() if len(group) > 1]
    inside = [group for group in copies if sum(case.site == INTERNAL for case in group) > 1]
    labels = [group for group in copies if len({case.label for case in group}) > 1]
    across = [group for group in copies if len({case.site for case in group}) > 1 and _touches(group)]
    kinds = [
        (inside, "stand several times in the internal data, so that a fold may be tested on what it was trained on"),
        (labels, "stand under more than one label"),
        (across, "stand both in the internal data and at another site, so that it is not external for them"),
    ]
    return [
        f"{len(found)} image file(s) {what}, for example {found[0][0].case_id} and {found[0][1].case_id}."
        for found, what in kinds
        if found
    ]


def _touches(group: Sequence[Case]) -> bool:
    return any(case.site == INTERNAL for case in group)
