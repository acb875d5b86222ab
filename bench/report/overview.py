"""The overview of a results folder: made of what is stored, and read from leaderboard.json, which keeps it. Pure."""

import json
from collections import Counter
from collections.abc import Iterator

from pydantic import TypeAdapter

from bench.data.cases import INTERNAL, external_sites
from bench.report.entries import Stored
from bench.report.patients import held_together, unknown_patients
from bench.store.snapshot import made_by_import
from reports import Leaderboard
from reports.overview.build import build_overview
from reports.overview.overview import Overview
from reports.tables.wording import listed, site_name

KEY = "overview"
"""Of leaderboard.json."""
PHANTOM = "the embedded phantom: synthetic images, so the numbers say nothing of patients"
_OVERVIEW = TypeAdapter(Overview)


def overview_of(leaderboard: Leaderboard, stored: Stored) -> Overview:
    """Of what is ranked: the leaderboard of groups, where there is one, else that of cases."""
    return build_overview(leaderboard, _data(stored), tuple(_further(stored)))


def overview_in(content: str) -> Overview:
    """That of a text of leaderboard.json which this version wrote."""
    return _OVERVIEW.validate_python(json.loads(content)[KEY])


def _data(stored: Stored) -> str:
    """`Data: own images of 3 classes; 90 internal cases and 30 at the site external.`"""
    cases, classes = stored.cases, stored.experiment.class_order or ()
    number = Counter(case.site for case in cases)
    if made_by_import(cases):
        source = "imported predictions"
    else:
        source = PHANTOM if stored.experiment.uses_phantom else "own images"
    if sites := stored.folds.sites:
        where = f"{len(cases)} cases at {len(sites)} sites, each predicted by models of the others"
    else:
        outside = [f"{number[site]} at {site_name(site)}" for site in external_sites(cases)]
        where = f"{number[INTERNAL]} internal cases"
        where += f", {listed(outside)}" if outside else ", no other site"
    return f"Data: {source}. {len(classes)} classes; {where}."


def _further(stored: Stored) -> Iterator[str]:
    """Warnings that no row carries."""
    unknown = unknown_patients(stored.cases)
    if unknown and not stored.experiment.uses_phantom:  # of which each image is another head
        yield unknown
    yield from held_together(stored.cases)
    yield from stored.mixed
    yield from stored.left_out
