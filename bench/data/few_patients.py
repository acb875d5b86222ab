"""Why cases have fewer patients than images suggest, and what to type. Reads headers."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench.data.cases import Case
from bench.data.dicom.header import read_header
from bench.data.kinds import kind_of
from bench.data.manifest.lookalikes import columns_like
from bench.data.reading import UnreadableImage


def why_few_patients(cases: Sequence[Case]) -> str:
    """What DICOM headers, or other columns of a manifest, tell apart that is one patient now; "" where nothing does."""
    return _of_headers(cases) or _of_columns(cases)


def _of_headers(cases: Sequence[Case]) -> str:
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
        return ""
    level = "study" if len(studies) > len(patients) else "series"
    name = "the same patient" if len(patients) == 1 else f"{len(patients)} patients"
    return (
        f"The {len(files)} DICOM files have {name} (PatientID) for {len(studies)} "
        f"{'study' if len(studies) == 1 else 'studies'} and {len(series)} series, as de-identified exports often have. "
        f"If each {level} is a patient of its own, give --group-by {level}."
    )


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
