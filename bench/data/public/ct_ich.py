"""CT-ICH (PhysioNet, Hssayeni et al. 2020), versions 1.3.1 (NIfTI) and 1.0.0 (JPEG). Reads tables and headers.

1.3.1: `ct_scans/049.nii`, `masks/049.nii`, `hemorrhage_diagnosis_raw_ct.csv`. 1.0.0: `Patients_CT/049/brain/1.jpg`, its
mask `1_HGE_Seg.jpg`, `hemorrhage_diagnosis.csv`; bone-window images are left out. SliceNumber counts from 1. A
patient is a group, the same one in both versions and at whatever site.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.data.cases import FoundImage
from bench.data.nifti import number_of_slices
from bench.data.options import ReadOptions
from bench.data.public.common import flags, label_or_left_out, refuse_rows, table_with
from bench.data.reading import UnreadableImage
from bench.errors import RequestError, listed

VOLUMES = ("ct_scans", "hemorrhage_diagnosis_raw_ct.csv")
PICTURES = ("Patients_CT", "hemorrhage_diagnosis.csv")
KINDS = {
    name: name.lower() for name in ("Intraventricular", "Intraparenchymal", "Subarachnoid", "Epidural", "Subdural")
}
BONE = "picture(s) of the bone window, of slices that are there in the brain window too"
NONE, FRACTURE = "No_Hemorrhage", "Fracture_Yes_No"
Place = tuple[Path, int | None, Path]


def read(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """The slices that the table names, of patients that are on the disk.

    Raises:
        RequestError: neither layout, a row without its slice, a slice without its row, or a contradictory row.
    """
    if (root / VOLUMES[0]).is_dir():
        patients = {int(path.name.split(".")[0]) for path in (root / VOLUMES[0]).glob("[0-9]*.nii*")}
        return _read(root, site, options, root / VOLUMES[1], patients, lambda p, s: _slice(root, p, s))
    if (root / PICTURES[0]).is_dir():
        patients = {int(path.name) for path in (root / PICTURES[0]).iterdir() if path.name.isdecimal()}
        if bone := sorted((root / PICTURES[0]).glob("*/bone/*.jpg")):
            options.passed_over.add("passed over", BONE, str(bone[0]), site=site, number=len(bone))
        return _read(root, site, options, root / PICTURES[1], patients, lambda p, s: _picture(root, p, s))
    raise RequestError(f"{root} holds neither {VOLUMES[0]}/ (1.3.1) nor {PICTURES[0]}/ (1.0.0). Unpack the set there.")


def _slice(root: Path, patient: int, number: int) -> Place:
    folder = root / VOLUMES[0]
    file = next((f for f in (folder / f"{patient:03d}.nii", folder / f"{patient:03d}.nii.gz") if f.exists()), folder)
    return file, number - 1, root / "masks" / file.name


def _picture(root: Path, patient: int, number: int) -> Place:
    folder = root / PICTURES[0] / f"{patient:03d}" / "brain"
    return folder / f"{number}.jpg", None, folder / f"{number}_HGE_Seg.jpg"


def _read(
    root: Path, site: str, options: ReadOptions, file: Path, patients: set[int], place: Callable[[int, int], Place]
) -> list[FoundImage]:
    table = table_with(file, ["PatientNumber", "SliceNumber", *KINDS, NONE])
    wrong = ~table["PatientNumber"].str.isdecimal() | ~table["SliceNumber"].str.isdecimal()
    refuse_rows(file, "have a PatientNumber or SliceNumber that is no whole number", wrong)
    refuse_rows(file, "name a slice twice", table.duplicated(["PatientNumber", "SliceNumber"], keep=False))
    shown = flags(file, table, [*KINDS, NONE])
    refuse_rows(
        file, f"say both or neither of {NONE} and a kind of bleed", shown[NONE] == shown[list(KINDS)].any(axis=1)
    )
    lengths = {patient: _length(place(patient, 1)) for patient in patients}
    images, absent, seen = [], [], dict.fromkeys(patients, 0)
    for row, (patient, number) in enumerate(
        zip(table["PatientNumber"].astype(int), table["SliceNumber"].astype(int), strict=True)
    ):
        if patient not in patients:
            continue  # some of the numbers have no scan
        path, part, mask = place(patient, number)
        if number < 1 or number > lengths[patient] or not path.exists():
            absent.append(f"patient {patient} slice {number}")
            continue
        seen[patient] += 1
        found = [name for column, name in KINDS.items() if shown[column].iloc[row]]
        label = label_or_left_out(found, options, site, f"{path}" if part is None else f"{path} part {part}")
        if label is not None:
            name = path.relative_to(root).as_posix() + ("" if part is None else f"#{part:03d}")
            extra = _extra(table, row, mask)
            images.append(FoundImage(f"{site}/{name}", str(path), label, site, f"ct-ich/{patient:03d}", part, extra))
    if absent:
        raise RequestError(f"{file} names slices that are not below {root}: {listed(absent)}. Unpack the set again.")
    short = [f"patient {p} ({lengths[p] - seen[p]} slices)" for p in sorted(patients) if seen[p] < lengths[p]]
    if short:
        raise RequestError(f"{file} has no rows for slices of {listed(short)}. Download the table again.")
    return sorted(images, key=lambda image: image.case_id)


def _length(first: Place) -> int:
    """How many slices there are where the patient's first one is."""
    path, part, _ = first
    if part is None:
        return sum(file.stem.isdecimal() for file in path.parent.glob("*.jpg"))
    try:
        return number_of_slices(path)
    except UnreadableImage as error:
        raise RequestError(f"{path} cannot be read: {error}. Download it again.") from None


def _extra(table: pd.DataFrame, row: int, mask: Path) -> dict[str, str]:
    extra = {"mask": str(mask)} if mask.is_file() else {}
    if FRACTURE in table:
        extra["fracture"] = str(table[FRACTURE].iloc[row])
    return extra
