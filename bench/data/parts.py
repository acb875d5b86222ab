"""Which images a file holds: the frames of a DICOM file, the axial slices of a NIfTI volume. Reads headers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.dicom.header import DicomHeader, read_header
from bench.data.kinds import Kind
from bench.data.nifti import number_of_slices
from bench.data.options import ReadOptions
from bench.data.reading import UnreadableImage


def images_of_file(
    whole: FoundImage, kind: Kind, options: ReadOptions, *, patient: str | None = None
) -> list[FoundImage]:
    """`whole`, or one image for each part of its file; groups that a reader has given are kept.

    DICOM slices get a pseudonym of their patient as their group, or of their study or series where that is wanted.
    `patient` is the group of an image whose file names none; without it, slices of a volume, and frames of an unnamed
    patient, get the file's id. A file whose header cannot be read gives one image, which decoding will refuse with the
    reason.
    """
    try:
        if kind == "DICOM":
            header = read_header(Path(whole.path))
            whole = replace(whole, group=whole.group or _group(header, patient, options))
            if header.frames == 1:
                return [replace(whole, volume=_volume(header, options), height=header.height)]
            return _numbered(replace(whole, group=whole.group or whole.case_id), range(header.frames))
        if kind == "NIfTI":
            whole = replace(whole, group=whole.group or patient or whole.case_id)
            return _numbered(whole, range(number_of_slices(Path(whole.path))))
    except UnreadableImage:
        pass
    return [replace(whole, group=whole.group or patient)]


def _group(header: DicomHeader, patient: str | None, options: ReadOptions) -> str | None:
    """The header's patient goes before what folders say, and that before the header's study."""
    if options.group_by != "patient" and (identifier := header.identifier(options.group_by)):
        return options.pseudonyms.of(*identifier)
    if patient and header.patient[:1] != ("patient",):
        return patient
    return options.pseudonyms.of(*header.patient) if header.patient else None


def _volume(header: DicomHeader, options: ReadOptions) -> tuple[str, ...] | None:
    """The series under a pseudonym, apart for each way in which its slices say where they lie."""
    series = header.identifier("series")
    return (options.pseudonyms.of(*series), header.height_by) if series else None


def _numbered(whole: FoundImage, parts: Sequence[int]) -> list[FoundImage]:
    digits = len(str(len(parts) - 1))
    return [replace(whole, case_id=f"{whole.case_id}#{part:0{digits}d}", part=part) for part in parts]
