"""DICOM: Hounsfield units, photometry, frames, refusals, and nothing of the patient."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from odd_dicom import EXPLICIT, Element, sound_elements
from odd_inputs import limited
from scans import write_dicom
from trees import READ

from bench.data.cases import FoundImage
from bench.data.dicom.deflated import MOST_HEADER
from bench.data.dicom.header import read_dataset, read_header
from bench.data.dicom.images import dicom_images
from bench.data.dicom.values import hounsfield
from bench.data.parts import images_of_file
from bench.data.pseudonyms import Pseudonyms
from bench.data.reading import UnreadableImage
from bench.data.windows import Window, parse_windows
from bench.errors import RequestError
from bench.quiet import quiet

WIDE = [Window(0, 510)]  # −255 HU is 0, 0 HU is 128 (rounded from 127.5), 255 HU is 255


def image(path: Path, part: int = 0, windows: list[Window] | None = None) -> np.ndarray:
    (found,) = dicom_images(path, [part], WIDE if windows is None else windows, 10**8)
    if isinstance(found, UnreadableImage):
        raise found
    return np.asarray(found.image)


def units(path: Path) -> list[float]:
    from pydicom.pixels.utils import pixel_array

    dataset = read_dataset(path, 10**8)
    return hounsfield(pixel_array(dataset, index=0), dataset).ravel().tolist()


def test_slope_and_intercept_give_hounsfield_units(tmp_path: Path) -> None:
    stored = np.array([[0, 512], [1000, 2000]], dtype=np.uint16)
    path = write_dicom(tmp_path / "a.dcm", stored, RescaleSlope=2, RescaleIntercept=-1000)
    assert units(path) == [-1000, 24, 1000, 3000]


def test_signed_pixels(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", np.array([[-200, 40]], dtype=np.int16), RescaleIntercept=0)
    assert units(path) == [-200, 40]
    assert image(path)[0, :, 0].tolist() == [28, 148]  # (−200 + 255) / 2 = 27.5 and (40 + 255) / 2 = 147.5, to even


def test_twelve_bits_in_sixteen_ignore_what_lies_above(tmp_path: Path) -> None:
    stored = np.array([[1024 | 0xF000, 2048]], dtype=np.uint16)
    path = write_dicom(tmp_path / "a.dcm", stored, BitsStored=12, HighBit=11)
    assert units(path) == [0, 1024]


def test_the_intercept_fault_of_rsna_is_mended(tmp_path: Path) -> None:
    # Hounsfield units −1000, 0 and 40, stored as two's complement in 12 bits and declared unsigned without intercept
    stored = np.array([[-1000 % 4096, 0, 40]], dtype=np.uint16)
    faulty = {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": 0}
    assert units(write_dicom(tmp_path / "a.dcm", stored, **faulty)) == [-1000, 0, 40]
    sound = {**faulty, "RescaleIntercept": -1024}
    assert units(write_dicom(tmp_path / "b.dcm", stored, **sound)) == [2072, -1024, -984]


def test_three_windows_are_three_channels(tmp_path: Path) -> None:
    stored = np.array([[0, 40, 80, 120]], dtype=np.int16)
    path = write_dicom(tmp_path / "a.dcm", stored, RescaleIntercept=0)
    channels = image(path, windows=list(parse_windows(["brain", "subdural", "600/2800"])))
    assert channels[0, :, 0].tolist() == [0, 128, 255, 255]  # 0 … 80
    assert channels[0, :, 1].tolist() == [26, 76, 128, 178]  # −20 … 180: 25.5, 76.5, 127.5, 178.5, to even
    assert channels[0, 0, 2] == round((0 + 800) / 2800 * 255)


def test_windows_that_are_refused() -> None:
    for names in (["brain", "bone"], ["lung"], ["40/0"], ["40/-80"], ["none", "brain", "bone"]):
        with pytest.raises(RequestError, match="--windows"):
            parse_windows(names)


def test_other_grey_images_use_their_own_window_and_monochrome1_is_inverted(tmp_path: Path) -> None:
    stored = np.array([[0, 50, 100]], dtype=np.uint8)
    mr = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR", "RescaleSlope": None, "RescaleIntercept": None}
    assert image(write_dicom(tmp_path / "a.dcm", stored, **mr))[0, :, 0].tolist() == [0, 128, 255]
    shown = image(write_dicom(tmp_path / "b.dcm", stored, **mr, WindowCenter=100, WindowWidth=200))
    assert shown[0, :, 0].tolist() == [0, 64, 128]
    negative = image(write_dicom(tmp_path / "c.dcm", stored, **mr, PhotometricInterpretation="MONOCHROME1"))
    assert negative[0, :, 0].tolist() == [255, 127, 0]


def test_frames_are_images_of_their_own(tmp_path: Path) -> None:
    stored = np.stack([np.full((2, 2), 1024 + 100 * number, dtype=np.uint16) for number in range(12)])
    path = write_dicom(tmp_path / "a.dcm", stored)
    assert image(path, 3)[0, 0, 0] == round((300 + 255) / 510 * 255) or image(path, 3)[0, 0, 0] == 255
    whole = FoundImage("internal/a.dcm", str(path), "a", "internal")
    found = images_of_file(whole, "DICOM", READ)
    assert [(i.case_id, i.part) for i in found][:2] == [("internal/a.dcm#00", 0), ("internal/a.dcm#01", 1)]
    assert len(found) == 12
    with pytest.raises(UnreadableImage, match="12 frame"):
        image(path, 12)


def test_compressed_frames_decode_to_the_same_pixels(tmp_path: Path) -> None:
    from pydicom import dcmread
    from pydicom.uid import JPEG2000Lossless, RLELossless

    stored = np.random.default_rng(0).integers(0, 4096, (32, 32)).astype(np.uint16)
    plain = write_dicom(tmp_path / "a.dcm", stored)
    for syntax in (RLELossless, JPEG2000Lossless):
        dataset = dcmread(plain)
        dataset.compress(syntax)
        dataset.save_as(tmp_path / "b.dcm")
        assert np.array_equal(image(tmp_path / "b.dcm"), image(plain))


def test_patients_become_pseudonyms_of_one_salt(tmp_path: Path) -> None:
    stored = np.zeros((2, 2), dtype=np.uint16)
    whole = FoundImage("internal/a", str(write_dicom(tmp_path / "a", stored)), "a", "internal")
    again = FoundImage("internal/b", str(write_dicom(tmp_path / "b", stored)), "a", "internal")
    other = FoundImage("internal/c", str(write_dicom(tmp_path / "c", stored, PatientID="12")), "a", "internal")
    groups = [images_of_file(found, "DICOM", READ)[0].group for found in (whole, again, other)]
    assert groups[0] == groups[1] != groups[2]
    assert groups[0] == READ.pseudonyms.of("patient", "", "HOSPITAL-4711")
    assert "4711" not in str(groups)
    assert Pseudonyms.fresh().of("patient", "", "HOSPITAL-4711") != groups[0]
    nameless = {"PatientID": "", "StudyInstanceUID": None, "SeriesInstanceUID": None}
    loose = FoundImage("internal/d", str(write_dicom(tmp_path / "d", stored, **nameless)), "a", "internal")
    assert images_of_file(loose, "DICOM", READ)[0].group is None
    frames = write_dicom(tmp_path / "e", np.zeros((3, 2, 2), dtype=np.uint16), **nameless)
    together = images_of_file(FoundImage("internal/e", str(frames), "a", "internal"), "DICOM", READ)
    assert [image.group for image in together] == ["internal/e"] * 3


ZEROS = np.zeros((2, 2), dtype=np.uint16)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"PixelData": None}, "no pixel data"),
        ({"RescaleSlope": 0}, "slope is zero"),
        ({"Rows": 0}, "no size of the image"),
        ({"Rows": 60000, "Columns": 60000}, "more than 100,000,000"),
        ({"PixelData": b"\0\0"}, "damaged, cut short or contradict"),
        ({"SamplesPerPixel": 2}, "damaged, cut short or contradict"),
        ({"NumberOfFrames": 10**8}, "number of frames"),
    ],
)
def test_files_that_are_refused_say_why_and_name_nobody(tmp_path: Path, tags: dict[str, Any], reason: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", ZEROS, **tags)
    with pytest.raises(UnreadableImage, match=reason) as caught:
        image(path)
    assert "4711" not in str(caught.value)
    assert "Muster" not in str(caught.value)


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    values = np.array([[np.nan, 1.0]], dtype=np.float32)
    floats = {"PixelData": None, "FloatPixelData": values.tobytes(), "BitsStored": None, "HighBit": None}
    path = write_dicom(tmp_path / "a.dcm", np.zeros((1, 2), np.uint32), **floats, PixelRepresentation=None)
    with pytest.raises(UnreadableImage, match="no numbers"):
        image(path)


def test_a_slope_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", ZEROS, RescaleSlope="1.2500000")
    path.write_bytes(path.read_bytes().replace(b"1.2500000", b"nan      "))
    with pytest.raises(UnreadableImage, match="RescaleSlope is no number"):
        image(path)


# What pydicom ships to test itself with: (name, why it is refused).
REFUSED = {
    "JPEG-lossy.dcm": "no installed codec",  # 12-bit JPEG Extended with an unusual header
    "JPEG2000-embedded-sequence-delimiter.dcm": "no installed codec",
    "MR_truncated.dcm": "cut short",
    "badVR.dcm": "number of frames",
    "meta_missing_tsyntax.dcm": "no size",
    "nested_priv_SQ.dcm": "no size",
    "reportsi.dcm": "no pixel data",
    "rtplan.dcm": "no pixel data",
    "rtstruct.dcm": "no pixel data",
    "test-SR.dcm": "no pixel data",
    "waveform_ecg.dcm": "no pixel data",
}


def test_files_that_pydicom_ships_are_read_or_refused_without_a_crash() -> None:
    import pydicom

    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    outcomes: dict[str, str] = {}
    for path in sorted(folder.glob("*.dcm")):
        try:
            with quiet():
                frames = read_header(path).frames
        except UnreadableImage:
            frames = 1
        with quiet():
            found = list(dicom_images(path, [0, frames - 1], parse_windows(["brain"]), 10**8))
        assert len(found) == 2
        outcomes[path.name] = str(found[0]) if isinstance(found[0], UnreadableImage) else "read"
        if not isinstance(found[0], UnreadableImage):
            assert found[0].image.mode == "RGB"
    for name, reason in REFUSED.items():
        assert reason in outcomes[name], f"{name}: {outcomes[name]}"
    unforeseen = {name: why for name, why in outcomes.items() if why != "read" and "no pixel data" not in why}
    assert set(unforeseen) <= set(REFUSED)
    assert sum(why == "read" for why in outcomes.values()) > 50


def damaged_dicom(path: Path, *others: Element, syntax: bytes = EXPLICIT.encode(), kind: bytes = b"UI") -> Path:
    """A slice of 4 × 4 pixels with further elements, and a transfer syntax that may be of another type."""
    elements = sound_elements(Random(1))
    kept = [one for one in elements if one.tag not in {other.tag for other in others}]
    meta = Element((0x0002, 0x0010), kind, syntax)
    content = b"".join(one.encoded(EXPLICIT) for one in (meta, *sorted([*kept, *others], key=lambda one: one.tag)))
    path.write_bytes(bytes(128) + b"DICM" + content)
    return path


def test_what_cannot_be_parsed_is_refused_without_a_traceback(tmp_path: Path) -> None:
    image(damaged_dicom(tmp_path / "sound.dcm"))
    with pytest.raises(UnreadableImage, match="does not say how the pixels are stored"):
        image(damaged_dicom(tmp_path / "syntax.dcm", syntax=b"1.2.3", kind=b"LO"))
    for tag, name in (((0x0028, 0x3000), "ModalityLUTSequence"), ((0x5200, 0x9229), "SharedFunctionalGroupsSequence")):
        for value in (b"\xfe\xff", b"\xfe\xff\0\xe0\xff\xff", b"\1\2\3\4"):  # no whole item
            with pytest.raises(UnreadableImage, match=f"its {name} is damaged"):
                image(damaged_dicom(tmp_path / "odd.dcm", Element(tag, b"SQ", value)))


def test_a_length_that_lies_asks_for_no_more_than_there_is(tmp_path: Path) -> None:
    path = damaged_dicom(tmp_path / "a.dcm", Element((0x0040, 0xA160), b"UT", b"text", length=2**32 - 2))
    with limited(), pytest.raises(UnreadableImage, match="it holds no pixel data"):
        image(path)


def write_deflated(path: Path, rows: int, columns: int, length: int) -> Path:
    """A packed file whose header tells one size and which holds so many bytes of pixels."""
    import pydicom
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    write_dicom(path, np.zeros((2, 2), np.int16))
    dataset = pydicom.dcmread(path)
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PixelData = bytes(length)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    return path


def test_a_packed_file_is_refused_by_its_header_or_its_length(tmp_path: Path) -> None:
    large = write_deflated(tmp_path / "large.dcm", 20_000, 20_000, 1000)
    with pytest.raises(UnreadableImage, match="20000×20000 pixels are more than 100,000,000"):
        image(large)
    longer = write_deflated(tmp_path / "longer.dcm", 10, 10, MOST_HEADER + 1000)
    assert read_header(longer).frames == 1
    with pytest.raises(UnreadableImage, match="unpacked it is longer than"):
        image(longer)
    sound = write_deflated(tmp_path / "sound.dcm", 10, 12, 240)
    assert image(sound).shape == (10, 12, 3)
    sound.write_bytes(sound.read_bytes()[:-10])
    with pytest.raises(UnreadableImage, match="no DICOM file"):
        image(sound)


def test_frames_that_a_file_cannot_hold_are_asked_of_no_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_dicom(tmp_path / "a.dcm", np.zeros((4, 4), np.int16), NumberOfFrames=90_000)
    monkeypatch.setattr("pydicom.pixels.utils.pixel_array", lambda *given, **options: pytest.fail("it was asked"))
    found = list(dicom_images(path, range(90_000), WIDE, 10**8))
    assert len(found) == 90_000
    assert {str(one) for one in found} == {
        "its pixels are damaged, cut short or contradict its header (Explicit VR Little Endian; ValueError)"
    }
