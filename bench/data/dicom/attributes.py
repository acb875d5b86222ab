"""What headers of DICOM files say of patient and scanner beside their pixels, for subgroups. Reads headers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.data.cases import Case
from bench.data.dicom.header import PER_FRAME, SHARED, header_of_frame, read_dataset, text_of
from bench.data.kinds import kind_of
from bench.data.reading import UnreadableImage


def tags_of(cases: Iterable[Case], tags: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """By case id what its file says, as text, for each of the tags that it has; nothing of other files."""
    found: dict[str, Mapping[str, str]] = {}
    by_path: dict[str, list[Case]] = {}
    for case in cases:
        by_path.setdefault(case.path, []).append(case)
    for path, of_file in by_path.items():
        try:
            if kind_of(Path(path)) != "DICOM":
                continue
            dataset = read_dataset(Path(path), specific_tags=[*tags, SHARED, PER_FRAME])
            for case in of_file:
                header = header_of_frame(dataset, case.part or 0)
                found[case.case_id] = {tag: text for tag in tags if (text := text_of(header, tag))}
        except (OSError, UnreadableImage):  # whose pixels are stored from before: it has no level
            continue
    return found
