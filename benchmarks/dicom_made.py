"""Writes one image as DICOM in many ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    generate_uid,
)

from benchmarks.variant import RAMP, Pixels

CT, MR, CAPTURE = (f"1.2.840.10008.5.1.4.1.1.{number}" for number in ("2", "4", "7"))
ENHANCED_CT, ENHANCED_MR, ENHANCED_PET, LEGACY_CT = f"{CT}.1", f"{MR}.1", f"{CT}30", f"{CT}.2"
STORED = RAMP.astype(np.uint16)
Make = Callable[[Path], object]


def dataset_of(stored: Pixels, sop_class: str, modality: str | None, **tags: Any) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    if modality is not None:
        dataset.Modality = modality
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    if stored.ndim == 3:
        dataset.NumberOfFrames = len(stored)
    dataset.BitsAllocated = 8 * stored.dtype.itemsize
    dataset.BitsStored, dataset.HighBit = dataset.BitsAllocated, dataset.BitsAllocated - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    for name, value in tags.items():
        setattr(dataset, name, value)
    dataset.PixelData = stored.tobytes()
    return dataset


def dicom(stored: Pixels, sop_class: str = CT, modality: str | None = "CT", **tags: Any) -> Make:
    return lambda path: dataset_of(stored, sop_class, modality, **tags).save_as(path, enforce_file_format=True)


def ct(**tags: Any) -> Make:
    return dicom(RAMP.astype(np.uint16), RescaleSlope=1, RescaleIntercept=-1024, **tags)


def mr(stored: Pixels = STORED, **tags: Any) -> Make:
    return dicom(stored, MR, "MR", **tags)


def encoded(syntax: str) -> Make:
    def make(path: Path) -> None:
        dataset = dataset_of(RAMP.astype(np.uint16), CT, "CT", RescaleSlope=1, RescaleIntercept=-1024)
        if syntax in (RLELossless, JPEG2000Lossless):
            dataset.compress(syntax)
        elif syntax == ExplicitVRBigEndian:
            dataset.PixelData = RAMP.astype(">u2").tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path, enforce_file_format=True)

    return make


def bare(implicit: bool) -> Make:
    """Without preamble and group 0002."""

    def make(path: Path) -> None:
        dataset = dataset_of(RAMP.astype(np.uint16), CT, "CT", RescaleSlope=1, RescaleIntercept=-1024)
        del dataset.file_meta
        dataset.save_as(path, implicit_vr=implicit, little_endian=True, enforce_file_format=False)

    return make


def item(**tags: Any) -> Sequence:
    one = Dataset()
    for name, value in tags.items():
        setattr(one, name, value)
    return Sequence([one])


def groups(slope: float, intercept: float, level: float, width: float) -> Dataset:
    """What stands in functional groups of a frame."""
    group = Dataset()
    group.PixelValueTransformationSequence = item(
        RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU" if intercept < -1000 else "US"
    )
    group.FrameVOILUTSequence = item(WindowCenter=level, WindowWidth=width)
    group.PixelMeasuresSequence = item(PixelSpacing=[0.5, 0.5], SliceThickness=5)
    group.PlanePositionSequence = item(ImagePositionPatient=[0, 0, 5 * width])
    return group


def unassigned(intercept: float) -> Dataset:
    """Where converters of older files leave what has no group of its own."""
    group = Dataset()
    group.UnassignedPerFrameConvertedAttributesSequence = item(RescaleSlope=1, RescaleIntercept=intercept)
    return group


TWO = np.stack([RAMP, RAMP[::-1]]).astype(np.uint16)


def enhanced(sop_class: str, modality: str, *, shared: Dataset | None, frames: list[Dataset]) -> Make:
    tags: dict[str, Any] = {"PerFrameFunctionalGroupsSequence": Sequence(frames)} if frames else {}
    if shared:
        tags["SharedFunctionalGroupsSequence"] = Sequence([shared])
    return dicom(TWO, sop_class, modality, **tags)


def table(entries: list[int], first: int, bits: int) -> Sequence:
    return item(LUTDescriptor=[len(entries), first, bits], LUTData=np.array(entries, "<u2").tobytes())


COLOUR = np.stack([RAMP % 256, RAMP // 16, 255 - RAMP % 256], axis=-1).astype(np.uint8)


def colour(path: Path) -> None:
    tags = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"}
    dataset = dataset_of(RAMP.astype(np.uint8), CAPTURE, "OT", **tags)
    dataset.PixelData = COLOUR.tobytes()
    dataset.save_as(path, enforce_file_format=True)


def palette(path: Path) -> None:
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for number, name in enumerate(("Red", "Green", "Blue")):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        curve = (np.arange(256) * (number + 1) * 85).astype(np.uint16)
        tags[f"{name}PaletteColorLookupTableData"] = curve.tobytes()
    dicom((RAMP % 256).astype(np.uint8), CAPTURE, "OT", **tags)(path)


def floats(path: Path) -> None:
    dataset = dataset_of(RAMP.astype(np.uint32), "1.2.840.10008.5.1.4.1.1.30", "MR")  # Parametric Map
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, name)
    dataset.FloatPixelData = (RAMP / 7).astype(np.float32).tobytes()
    dataset.save_as(path, enforce_file_format=True)
