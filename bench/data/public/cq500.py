"""CQ500 (Qure.ai), as it downloads: folders of DICOM series, and three radiologists' reads of each scan.

The label is the majority of the three readers and belongs to the whole scan: every slice of it gets the scan's label,
also slices that do not show the bleed. Such labels are weak; scores on single slices are lower than on scans. Series
after contrast medium and bone series are left out. A scan is a group.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.dicom.header import read_header
from bench.data.options import ReadOptions
from bench.data.parts import images_of_file
from bench.data.public.common import ABBREVIATED, OTHERS, count_several, flags, label_of, refuse_rows, table_with
from bench.data.reading import UnreadableImage
from bench.data.tree.reader import scan_site
from bench.errors import RequestError, listed

TABLE = "reads.csv"
READERS = ("R1", "R2", "R3")
MAJORITY = 2
ANY = "ICH"
SCAN_FOLDER = re.compile(r"^CQ500-?CT-?(\d+)\b", re.IGNORECASE)
LEFT_OUT = re.compile(r"contrast|post|bone", re.IGNORECASE)
OTHER_SERIES = "slice(s) of series after contrast medium or of bone series"
PLAIN = re.compile(r"pre[ -]*contrast|non[ -]*contrast|without[ -]*contrast", re.IGNORECASE)


def read(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """The slices of plain series with their scan's label.

    Raises:
        RequestError: the table or the scans are missing, or a scan has no reads.
    """
    labels = _labels(root / TABLE, options)
    images = []
    for number, path, relative in _slices(root, site, options):
        if number not in labels:
            raise RequestError(f"{root / TABLE} has no row CQ500-CT-{number}, the scan of {path}. Is the table whole?")
        series = Path(relative).parent.name
        label = labels[number]
        if label is None:
            count_several(options, site, str(path))
            continue
        if _left_out(series):
            options.passed_over.add("left out", OTHER_SERIES, str(path), site=site)
            continue
        group = options.pseudonyms.of("patient", "", f"CQ500-CT-{number}")  # the same at whatever site it is read
        whole = FoundImage(f"{site}/{relative}", str(path), label, site, group, extra={"series": series})
        try:
            if _left_out(read_header(path).series_description):
                options.passed_over.add("left out", OTHER_SERIES, str(path), site=site)
                continue
        except UnreadableImage:
            pass  # decoding will say why
        images += images_of_file(whole, "DICOM", options)
    if not images:
        raise RequestError(f"No slice of a plain series below {root}. Expected CQ500CT0 …/…/CT PLAIN …/CT000000.dcm.")
    return images


def _left_out(series: str) -> bool:
    return bool(LEFT_OUT.search(PLAIN.sub("", series)))


def _slices(root: Path, site: str, options: ReadOptions) -> Iterator[tuple[int, Path, str]]:
    found = scan_site(root, site, options)
    if found.problems:
        raise RequestError(f"Cannot be read: {listed([problem.path for problem in found.problems], 3)}.")
    for file in found.files:
        matches = [match for part in Path(file.relative).parts[:-1] if (match := SCAN_FOLDER.match(part))]
        if file.kind == "DICOM" and matches:
            yield int(matches[0][1]), file.path, file.relative


def _labels(file: Path, options: ReadOptions) -> dict[int, str | None]:
    columns = [f"{reader}:{kind}" for reader in READERS for kind in (ANY, *ABBREVIATED)]
    table = table_with(file, ["name", *columns])
    names = table["name"].str.extract(r"^CQ500-CT-(\d+)$")[0]
    refuse_rows(file, "have a name that is not CQ500-CT-N", names.isna())
    refuse_rows(file, "name a scan twice", names.duplicated(keep=False))
    read = flags(file, table, columns)

    def majority(kind: str) -> list[bool]:
        votes = sum(read[f"{reader}:{kind}"].astype(int) for reader in READERS)
        return [bool(count >= MAJORITY) for count in votes]

    found = {name: majority(kind) for kind, name in ABBREVIATED.items()}
    bleeding = majority(ANY)
    labels: dict[int, str | None] = {}
    for row, number in enumerate(names.astype(int)):
        kinds = [name for name, votes in found.items() if votes[row]]
        # a bleed on whose kind no two readers agree
        labels[number] = OTHERS if bleeding[row] and not kinds else label_of(kinds, options.multilabel)
    return labels
