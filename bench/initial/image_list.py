"""The list of images (a manifest) that says what no option can: patients of file names, images that stay out. Pure."""

import re
from collections.abc import Sequence
from pathlib import Path

from bench.data.cases import INTERNAL, Case
from bench.data.pseudonyms import PSEUDONYM
from reports.draw.csv_table import csv_as_it_is

COLUMNS = ("path", "label", "group", "site", "part")
MASK = "mask"
_OF_HEADERS = re.compile(rf"{PSEUDONYM}[0-9a-f]{{16}}")


def list_of_images(cases: Sequence[Case], root: Path, *, parts_given: bool) -> str:
    """CSV with a row an image, paths as they are below `root`, the internal site first.

    A file of several images has one row, so that its header is read again, unless `parts_given`, or its images have
    several classes. Patients that DICOM headers name stay unnamed here: they are read again, under a pseudonym.
    """
    labels: dict[tuple[str, str], set[str]] = {}
    for case in cases:
        labels.setdefault((case.site, case.path), set()).add(case.label)
    extras = [name for name in dict.fromkeys(key for case in cases for key in case.extra) if name not in COLUMNS]
    rows = dict[tuple[str, ...], None]()
    for case in sorted(cases, key=lambda case: case.site != INTERNAL):
        whole = not parts_given and len(labels[case.site, case.path]) == 1
        part = "" if case.part is None or whole else str(case.part)
        more = [_below(case.extra.get(name, ""), root) if name == MASK else case.extra.get(name, "") for name in extras]
        rows[_below(case.path, root), case.label, _patient(case), case.site, part, *more] = None
    return csv_as_it_is([*COLUMNS, *extras], list(rows))


def _patient(case: Case) -> str:
    return "" if case.group is None or _OF_HEADERS.fullmatch(case.group) else case.group


def _below(path: str, root: Path) -> str:
    place = Path(path)
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else path
