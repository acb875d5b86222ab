"""Why cases have fewer patients than images suggest, and what to type. Reads headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from bench.data.cases import Case
from bench.data.dicom.header import read_header
from bench.data.kinds import kind_of
from bench.data.manifest.lookalikes import columns_like
from bench.data.reading import UnreadableImage


@dataclass(frozen=True)
class FewPatients:
    """How many DICOM files have how many patients, studies and series."""

    files: int
    patients: int
    studies: int
    series: int

    @property
    def level(self) -> Literal["study", "series"]:
        """What there are more of than patients."""
        return "study" if self.studies > self.patients else "series"

    def text(self) -> str:
        """Two numbers beside each other, as a clause."""
        name = "the same patient" if self.patients == 1 else f"{self.patients} patients"
        studies = "1 study" if self.studies == 1 else f"{self.studies} studies"
        return (
            f"{self.files} DICOM files have {name} (PatientID) for {studies} and {self.series} series, as "
            f"de-identified exports often have"
        )


def why_few_patients(cases: Sequence[Case]) -> str:
    """What DICOM headers, or other columns of a manifest, tell apart that is one patient now; "" where nothing does."""
    few = few_in_headers(cases)
    if few:
        return f"The {few.text()}. If each {few.level} is a patient of its own, give --group-by {few.level}."
    return _of_columns(cases)


def few_in_headers(cases: Sequence[Case]) -> FewPatients | None:
    """Where DICOM headers name more studies or series than patients."""
    patients, studies, series = set(), set(), set()
    files = sorted({case.path for case in cases if kind_of(Path(case.path)) == "DICOM"})
    for path in map(Path, files):
        try:
            header = read_header(path)
        except (OSError, UnreadableImage):
            continue
        patients.add(header.patient)
        studies.add(header.study)
        series.add(header.series)
    if not patients or len(patients) >= max(len(studies), len(series)):
        return None
    return FewPatients(len(files), len(patients), len(studies), len(series))


def _of_columns(cases: Sequence[Case]) -> str:
    patients = len({case.group for case in cases if case.group is not None})
    extras = pd.DataFrame([dict(case.extra) for case in cases]).fillna("").astype(str)
    finer = [name for name in columns_like("group", extras, ()) if extras[name].nunique() > patients]
    if not patients or not finer:
        return ""
    return (
        f"The {len(cases)} images have {patients} patient(s), but {extras[finer[0]].nunique()} different values in "
        f"column {finer[0]!r}. If each of these is a patient, give --column group={finer[0]}."
    )
