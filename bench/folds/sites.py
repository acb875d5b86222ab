"""Folds that are sites: each is held out whole, and models of the others predict it. Pure."""

from collections.abc import Iterable, Sequence

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.table import FoldTable

LEAST_SITES = 3


def site_folds(cases: Sequence[Case], seeds: Iterable[int]) -> FoldTable:
    """Fold i is the i-th site, in the order of the cases, under every seed.

    A site may lack classes, down to a single one, as long as the others have them all: metrics that need the class
    are then absent at that site.

    Raises:
        RequestError: fewer than three sites, or a class that only one site has.
    """
    sites = tuple(dict.fromkeys(case.site for case in cases))
    if len(sites) < LEAST_SITES:
        raise RequestError(_too_few(sites))
    for label in sorted({case.label for case in cases}):
        where = {case.site for case in cases if case.label == label}
        if len(where) == 1:
            raise RequestError(
                f"Class {label!r} is at site {where.pop()!r} alone: models of the other sites would not know it "
                f"(--folds sites). Merge the class with another under [classes], or leave it out."
            )
    number = {site: fold for fold, site in enumerate(sites)}
    fold_of = {case.case_id: number[case.site] for case in cases}
    return FoldTable(dict.fromkeys(seeds, fold_of), sites)


def _too_few(sites: Sequence[str]) -> str:
    if len(sites) < 2:
        return (
            f"--folds sites leaves one site out at a time, and there is one: {sites[0]}. Give more by --external "
            f"NAME=PATH or as external-NAME/ in --data, or ask for a number of folds."
        )
    first, second = sites
    return (
        f"--folds sites needs {LEAST_SITES} sites, and there are two: {first} and {second}. Two show how much of the "
        f"internal value is kept at one other hospital: bench run with a number of folds reports that gap. How much "
        f"hospitals differ, and where the next one lies, two cannot show."
    )
