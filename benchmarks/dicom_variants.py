"""Ways to store an image as DICOM, and its pixels by pydicom's own functions or as known. Writes files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_rescale, apply_voi_lut, pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from bench.data.images import PixelSettings
from benchmarks.dicom_made import (
    CAPTURE,
    COLOUR,
    CT,
    ENHANCED_CT,
    ENHANCED_MR,
    ENHANCED_PET,
    LEGACY_CT,
    Make,
    bare,
    colour,
    dicom,
    encoded,
    enhanced,
    floats,
    groups,
    mr,
    palette,
    table,
    unassigned,
)
from benchmarks.variant import RAMP, Pixels, Variant

WINDOWS = ((0, 80), (-20, 180), (-150, 230))  # brain, subdural, soft: from black to white


# What other programs or arithmetic say.


def in_windows(units: Pixels, windows: tuple[tuple[int, int], ...] = WINDOWS) -> Pixels:
    """Hounsfield units in red, green and blue."""
    shares = [(units - low) / (high - low) for low, high in windows]
    return np.stack(shares * (3 if len(shares) == 1 else 1), axis=-1)


def by_rescale(path: Path) -> Pixels:
    dataset = dcmread(path)
    return in_windows(apply_rescale(pixel_array(dataset, index=0), dataset))


def by_voi(path: Path) -> Pixels:
    """pydicom's own pipeline, from the smallest to the largest value that it can give."""
    dataset = dcmread(path)
    values = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    if "VOILUTSequence" in dataset:
        low, high = 0.0, 2.0 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:
        lowest = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation == 1 else 0
        ends = np.array([lowest, lowest + 2**dataset.BitsStored - 1])
        low, high = ends * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
    shares = (values - low) / (high - low)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        return 1 - np.rint(shares * 255) / 255  # what lies just between two greys is rounded before it is turned
    return shares


def known(shares: Pixels) -> Callable[[Path], Pixels]:
    return lambda path: shares


def stretched(values: Pixels) -> Pixels:
    return (values - values.min()) / np.ptp(values)


def linear(values: Pixels, level: float, width: float) -> Pixels:
    """DICOM PS3.3 C.11.2.1.2.1."""
    return (values - (level - 0.5)) / (width - 1) + 0.5


PADDED = np.where(RAMP < 1000, -2000, RAMP).astype(np.int16)
UNPADDED = np.where(RAMP < 1000, 0, (RAMP - 1000) / 3095)
UNPADDED_INVERTED = np.where(RAMP < 1000, 0, 1 - (RAMP - 1000) / 3095)
FAULT = ((RAMP - 1000) % 4096).astype(np.uint16)  # −1000 to 3095 HU as two's complement of 12 bits
CURVE = [round(255 * (number / 1023) ** 2) for number in range(1024)]
DEEP_CURVE = [round(4095 * (number / 4095) ** 0.5) for number in range(4096)]


def shipped(name: str) -> Make:
    """A file of pydicom's own."""
    return lambda path: path.write_bytes(Path(get_testdata_file(name)).read_bytes())


def by_colour_table(path: Path) -> Pixels:
    dataset = dcmread(path)
    return apply_color_lut(dataset.pixel_array, dataset) // 256 / 255


def by_pixels(path: Path) -> Pixels:
    return pixel_array(path) / 255


KNOWN = "known values"
HU = RAMP - 1024
UNWINDOWED = PixelSettings(windows=("none",))
SIGNED = (RAMP - 2048).astype(np.int16)
PER_FRAME = [groups(1, -1024, 40, 80), groups(0.5, -1030, 40, 80)]
PER_FRAME_MR = [groups(1, 0, 1000, 500), groups(2, 10, 3000, 1001)]
WINDOW = {"WindowCenter": 2000, "WindowWidth": 1500}
HU_IN_WINDOWS = known(in_windows(HU))
SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEG2000Lossless,
)
PYDICOM = "pydicom"
FOUND: list[tuple[str, Make, Callable[[Path], Pixels], str, dict[str, Any]]] = [
    *((f"CT, {syntax.name}", encoded(syntax), by_rescale, PYDICOM, {}) for syntax in SYNTAXES),
    ("CT without preamble, explicit, no suffix", bare(implicit=False), HU_IN_WINDOWS, KNOWN, {}),
    ("CT without preamble, implicit, no suffix", bare(implicit=True), HU_IN_WINDOWS, KNOWN, {}),
    ("CT, signed, slope 2", dicom(SIGNED, RescaleSlope=2, RescaleIntercept=5), by_rescale, PYDICOM, {}),
    (
        "CT of 12 bits without intercept (RSNA)",
        dicom(FAULT, BitsStored=12, HighBit=11, RescaleSlope=1, RescaleIntercept=0),
        known(in_windows(RAMP - 1000)),
        KNOWN,
        {},
    ),
    (
        "CT, --windows none, padded",
        dicom(PADDED, PixelPaddingValue=-2000),
        known(UNPADDED),
        KNOWN,
        {"settings": UNWINDOWED},
    ),
    (
        "CT by its SOP class, no Modality",
        dicom(RAMP.astype(np.uint16), CT, None, RescaleSlope=1, RescaleIntercept=-1024),
        by_rescale,
        PYDICOM,
        {},
    ),
    (
        "CT by its Modality, a converted file",
        dicom(RAMP.astype(np.uint16), CAPTURE, "CT", RescaleSlope=1, RescaleIntercept=-1024),
        by_rescale,
        PYDICOM,
        {},
    ),
    (
        "CT by its values, neither SOP class nor Modality",
        dicom(RAMP.astype(np.uint16), CAPTURE, None, RescaleSlope=1, RescaleIntercept=-1024),
        by_rescale,
        PYDICOM,
        {},
    ),
    (
        "CT, effective atomic number",
        dicom(RAMP.astype(np.uint16), RescaleSlope=1, RescaleIntercept=0, RescaleType="Z_EFF"),
        known(RAMP / 4095),
        KNOWN,
        {},
    ),
    (
        "Enhanced CT, shared groups",
        enhanced(ENHANCED_CT, "CT", shared=PER_FRAME[0], frames=[]),
        known(in_windows(HU[::-1])),
        KNOWN,
        {"part": 1},
    ),
    (
        "Enhanced CT, groups of each frame",
        enhanced(ENHANCED_CT, "CT", shared=None, frames=PER_FRAME),
        known(in_windows(RAMP[::-1] * 0.5 - 1030)),
        KNOWN,
        {"part": 1},
    ),
    (
        "Enhanced CT, frame over shared",
        enhanced(ENHANCED_CT, "CT", shared=PER_FRAME[0], frames=PER_FRAME),
        known(in_windows(RAMP[::-1] * 0.5 - 1030)),
        KNOWN,
        {"part": 1},
    ),
    (
        "Enhanced MR, first frame",
        enhanced(ENHANCED_MR, "MR", shared=None, frames=PER_FRAME_MR),
        known(linear(RAMP, 1000, 500)),
        KNOWN,
        {"part": 0},
    ),
    (
        "Enhanced MR, second frame",
        enhanced(ENHANCED_MR, "MR", shared=None, frames=PER_FRAME_MR),
        known(linear(RAMP[::-1] * 2 + 10, 3000, 1001)),
        KNOWN,
        {"part": 1},
    ),
    (
        "Enhanced PET, second frame",
        enhanced(ENHANCED_PET, "PT", shared=None, frames=PER_FRAME_MR),
        known(linear(RAMP[::-1] * 2 + 10, 3000, 1001)),
        KNOWN,
        {"part": 1},
    ),
    (
        "Legacy converted CT, second frame",
        enhanced(LEGACY_CT, "CT", shared=None, frames=[unassigned(-1024), unassigned(-1100)]),
        known(in_windows(RAMP[::-1] - 1100)),
        KNOWN,
        {"part": 1},
    ),
    ("MR without a window", mr(), known(stretched(RAMP)), KNOWN, {}),
    ("MR, linear window", mr(**WINDOW), by_voi, PYDICOM, {}),
    ("MR, window of width 1", mr(WindowCenter=2000, WindowWidth=1), by_voi, PYDICOM, {}),
    ("MR, exact linear window", mr(**WINDOW, VOILUTFunction="LINEAR_EXACT"), by_voi, PYDICOM, {}),
    ("MR, sigmoid window", mr(**WINDOW, VOILUTFunction="SIGMOID"), by_voi, PYDICOM, {}),
    ("MR, two windows", mr(WindowCenter=[1000, 3000], WindowWidth=[300, 200]), by_voi, PYDICOM, {}),
    ("MR, signed, rescaled window", mr(SIGNED, RescaleSlope=3, RescaleIntercept=7, **WINDOW), by_voi, PYDICOM, {}),
    ("MR, MONOCHROME1, window", mr(PhotometricInterpretation="MONOCHROME1", **WINDOW), by_voi, PYDICOM, {}),
    (
        "MR, MONOCHROME1, sigmoid",
        mr(PhotometricInterpretation="MONOCHROME1", VOILUTFunction="SIGMOID", **WINDOW),
        by_voi,
        PYDICOM,
        {},
    ),
    (
        "MR, VOI LUT of 8 bits",
        mr(VOILUTSequence=table(CURVE, 500, 8)),
        known(np.array(CURVE)[np.clip(RAMP - 500, 0, 1023)] / 255),
        KNOWN,
        {},
    ),
    ("MR, VOI LUT of 12 bits", mr(VOILUTSequence=table(DEEP_CURVE, 0, 12)), by_voi, PYDICOM, {}),
    ("MR, VOI LUT from below zero", mr(SIGNED, VOILUTSequence=table(DEEP_CURVE, -1000, 12)), by_voi, PYDICOM, {}),
    ("MR, VOI LUT before a window", mr(VOILUTSequence=table(DEEP_CURVE, 0, 12), **WINDOW), by_voi, PYDICOM, {}),
    (
        "MR, modality LUT, then a window",
        mr(ModalityLUTSequence=table(DEEP_CURVE, 0, 12), **WINDOW),
        known(linear(np.array(DEEP_CURVE)[RAMP], 2000, 1500)),
        KNOWN,
        {},
    ),
    ("MR, padded", mr(PADDED, PixelPaddingValue=-2000), known(UNPADDED), KNOWN, {}),
    (
        "MR, padded from −2000 to −1900",
        mr(np.where(PADDED < 0, -1950, PADDED).astype(np.int16), PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1900),
        known(UNPADDED),
        KNOWN,
        {},
    ),
    (
        "MR, padded, MONOCHROME1",
        mr(PADDED, PixelPaddingValue=-2000, PhotometricInterpretation="MONOCHROME1"),
        known(UNPADDED_INVERTED),
        KNOWN,
        {},
    ),
    ("Parametric map, floating point", floats, known(RAMP / 4095), KNOWN, {}),
    ("Palette", palette, by_colour_table, PYDICOM, {}),
    ("RGB", colour, known(COLOUR / 255), KNOWN, {}),
    ("JPEG, YBR (SC_rgb_jpeg_dcmtk)", shipped("SC_rgb_jpeg_dcmtk.dcm"), by_pixels, PYDICOM, {}),
    ("CT as shipped (CT_small)", shipped("CT_small.dcm"), by_rescale, PYDICOM, {}),
    ("MR as shipped (MR_small)", shipped("MR_small.dcm"), by_voi, PYDICOM, {}),
    ("MR, JPEG-LS (MR_small_jpeg_ls_lossless)", shipped("MR_small_jpeg_ls_lossless.dcm"), by_voi, PYDICOM, {}),
]
VARIANTS = [Variant("DICOM", name, make, expected, peer, **more) for name, make, expected, peer, more in FOUND]
