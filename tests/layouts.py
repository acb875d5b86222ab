"""Public head-CT sets in small: folders, names and tables exactly as they download, pixels as the test gives them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scans import write_dicom, write_nifti

Stored = NDArray[Any]
Diagnosis = tuple[int, int, str]

# RSNA 2019: stage_2_train.csv with six rows an image, and stage_2_train/ID_….dcm ------------------------------------

KINDS = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural")


def rsna_rows(name: str, *found: str) -> list[str]:
    values = {kind: int(kind in found) for kind in KINDS} | {"any": int(bool(found))}
    return [f"{name}_{kind},{value}" for kind, value in values.items()]


def write_rsna(
    root: Path, rows: Sequence[str], images: Mapping[str, tuple[str, Stored]], folder: str = "stage_2_train"
) -> Path:
    """`images`: name → PatientID and stored values."""
    root.mkdir(exist_ok=True)
    (root / "stage_2_train.csv").write_text("ID,Label\n" + "\n".join(rows) + "\n")
    for name, (patient, stored) in images.items():
        write_dicom(root / folder / f"{name}.dcm", stored, PatientID=patient)
    return root


# CQ500: reads.csv with three readers, and a folder of series for each scan ------------------------------------------

READS = ("ICH", "IPH", "IVH", "SDH", "EDH", "SAH", "BleedLocation-Left", "Fracture")
SERIES = ("CT PLAIN THIN", "CT POST CONTRAST THIN", "CT BONE", "CT PRE CONTRAST 5MM")


def write_cq500(
    root: Path, reads: Mapping[int, Sequence[Sequence[str]]], stored: Callable[[int, str, int], Stored], slices: int = 2
) -> Path:
    """`reads`: scan → for each of three readers, the kinds that they saw; `stored` of scan, series and slice."""
    root.mkdir()
    header = ["name", "Category", *(f"R{reader}:{kind}" for reader in (1, 2, 3) for kind in READS)]
    lines = [",".join(header)]
    for scan, readers in reads.items():
        cells = [str(int(kind in seen)) for seen in readers for kind in READS]
        lines.append(",".join([f"CQ500-CT-{scan}", "B1", *cells]))
    (root / "reads.csv").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    for scan in reads:
        study = root / f"CQ500CT{scan} CQ500CT{scan}" / "Unknown Study"
        for series in SERIES:
            for number in range(slices):
                file = study / series / f"CT{number:06d}.dcm"
                write_dicom(file, stored(scan, series, number), PatientID=f"CQ500-CT-{scan}")
    return root


# CT-ICH: 1.3.1 with NIfTI volumes, 1.0.0 with JPEGs -----------------------------------------------------------------

COLUMNS = ("Intraventricular", "Intraparenchymal", "Subarachnoid", "Epidural", "Subdural", "No_Hemorrhage")


def ct_ich_table(rows: Sequence[Diagnosis]) -> str:
    """`rows`: patient, slice counted from 1, and the column that is 1."""
    lines = [",".join(["PatientNumber", "SliceNumber", *COLUMNS, "Fracture_Yes_No"])]
    for patient, number, kind in rows:
        cells = [str(int(kind == column)) for column in COLUMNS]
        lines.append(",".join([str(patient), str(number), *cells, "0"]))
    return "\n".join(lines) + "\n"


def write_ct_ich(root: Path, rows: Sequence[Diagnosis], volumes: Mapping[int, Stored]) -> Path:
    """Version 1.3.1; `volumes`: patient → (width, height, slices)."""
    for patient, volume in volumes.items():
        write_nifti(root / "ct_scans" / f"{patient:03d}.nii", volume)
        write_nifti(root / "masks" / f"{patient:03d}.nii", np.zeros_like(volume))
    (root / "hemorrhage_diagnosis_raw_ct.csv").write_text(ct_ich_table(rows))
    (root / "Patient_demographics.csv").write_text("Patient Number,Age\n49,50\n")
    return root


def write_ct_ich_pictures(
    root: Path,
    rows: Sequence[Diagnosis],
    pictures: Mapping[tuple[int, int], NDArray[np.uint8]],
    masked: Collection[tuple[int, int]],
) -> Path:
    """Version 1.0.0; `pictures`: patient and slice → grey values; `masked`: those that show a bleed."""
    for (patient, number), grey in pictures.items():
        for window in ("brain", "bone"):
            folder = root / "Patients_CT" / f"{patient:03d}" / window
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(grey).save(folder / f"{number}.jpg", quality=95)
        if (patient, number) in masked:
            mask = Image.new("L", grey.shape[::-1])
            mask.save(root / "Patients_CT" / f"{patient:03d}" / "brain" / f"{number}_HGE_Seg.jpg")
    (root / "hemorrhage_diagnosis.csv").write_text(ct_ich_table(rows))
    return root


# BHSD: label_192, or the folders of nnU-Net -------------------------------------------------------------------------


def write_bhsd(images: Path, masks: Path, volumes: Mapping[str, tuple[Stored, Stored]], suffix: str = "") -> None:
    """`volumes`: name → voxels and mask, (width, height, slices); nnU-Net's images have the suffix `_0000`."""
    for name, (voxels, drawn) in volumes.items():
        write_nifti(images / f"{name}{suffix}.nii.gz", voxels)
        write_nifti(masks / f"{name}.nii.gz", drawn)
