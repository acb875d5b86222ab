"""The study and series of DICOM files, for sets whose patients all bear one name. Reads headers."""

from dataclasses import dataclass
from pathlib import Path

from bench.data.dicom_header import read_dataset, text_of

_LEVELS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}


@dataclass(frozen=True, repr=False)
class Series:
    """Identifiers in clear (never to be written), "" where there are none."""

    study: str
    series: str

    def of(self, level: str) -> tuple[str, ...]:
        """What names the study or series as groups are named; () where the file does not say."""
        uid = self.study if level == "study" else self.series
        return (_LEVELS[level], uid) if uid else ()


def series_of(path: Path) -> Series:
    """Study and series.

    Raises:
        UnreadableImage: no DICOM file.
    """
    dataset = read_dataset(path, stop_before_pixels=True, specific_tags=list(_LEVELS.values()))
    return Series(*(text_of(dataset, name) for name in _LEVELS.values()))
