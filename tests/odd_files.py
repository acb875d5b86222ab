"""How odd and broken files are made, and what may become of them."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scans import write_dicom, write_nifti

from bench.data.images import PixelSettings

SIDE = 9  # odd, so that what is one pixel high lies in the middle row
SETTINGS = PixelSettings(image_size=SIDE)
MAX_PIXELS = 100_000_000
RNG = np.random.default_rng(0)
PICTURE = RNG.integers(1, 255, (SIDE, SIDE, 3), dtype=np.uint8)
ORANGE = (200, 100, 50)
HU_40 = (128, 76, 128)  # 40 HU seen through 0 … 80, −20 … 180 and −150 … 230
Make = Callable[[Path], object]


@dataclass(frozen=True)
class Read:
    """Read with this size and these pixels: one colour, all of them, or some by (row, column).

    `suffix` is what stands behind the file's name in the case's; `astray` is what the audit says of the extension.
    """

    pixels: Any
    size: tuple[int, int] = (SIDE, SIDE)
    tolerance: int = 0
    suffix: str = ""
    astray: str = ""


@dataclass(frozen=True)
class Unreadable:
    """Ends `bench run` with this reason; left out by --skip-unreadable. `shown` is how messages write the name."""

    reason: str
    shown: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Unusable:
    """A name or link that no command can use, for this reason."""

    reason: str
    shown: str = ""


@dataclass(frozen=True)
class PassedOver:
    """No image, and not called one."""


Outcome = Read | Unreadable | Unusable | PassedOver


# How files are made.


def image(pixels: Any, mode: str | None = None) -> Image.Image:
    """Of an array, or of one colour in a mode."""
    return Image.fromarray(np.asarray(pixels)) if mode is None else Image.new(mode, (SIDE, SIDE), pixels)


def saved(form: str, what: Image.Image | None = None, **options: Any) -> Make:
    return lambda path: (what or image(PICTURE)).save(path, form, **options)


def holding(content: bytes | str) -> Make:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def dicom(stored: Any = 1064, **tags: Any) -> Make:
    """A CT slice; 1064 is stored for 40 HU."""
    values = np.full((SIDE, SIDE), stored, np.uint16) if isinstance(stored, int) else stored
    return lambda path: write_dicom(path, values, **tags)


def nifti(voxels: Any = 40, suffix: str = "") -> Make:
    """A volume of one slice; `suffix` is what nibabel must see to write it."""
    values = np.full((SIDE, SIDE, 1), voxels, np.int16) if isinstance(voxels, int) else voxels
    return lambda path: write_nifti(path.with_name(path.name + suffix), values).rename(path)


def edited(make: Make, edit: Callable[[bytes], bytes]) -> Make:
    def made(path: Path) -> None:
        make(path)
        before = path.read_bytes()
        after = edit(before)
        assert after != before
        path.write_bytes(after)

    return made


def cut(make: Make, keep: int | float) -> Make:
    """The first `keep` bytes, all but the last −`keep`, or a share."""
    return edited(make, lambda data: data[: int(keep * len(data)) if isinstance(keep, float) else keep])


def put(make: Make, offset: int, form: str, *values: Any) -> Make:
    def edit(data: bytes) -> bytes:
        changed = bytearray(data)
        struct.pack_into(form, changed, offset, *values)
        return bytes(changed)

    return edited(make, edit)


def swapped(make: Make, old: bytes, new: bytes) -> Make:
    return edited(make, lambda data: data.replace(old, new))


def flipped_bits(make: Make, share: float) -> Make:
    """Three damaged bytes."""

    def edit(data: bytes) -> bytes:
        place = int(share * len(data))
        return data[:place] + bytes(byte ^ 0xFF for byte in data[place : place + 3]) + data[place + 3 :]

    return edited(make, edit)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that promises a grey image and holds nothing of it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


def encoded(form: str) -> bytes:
    buffer = io.BytesIO()
    image(PICTURE).save(buffer, form)
    return buffer.getvalue()


def animation(form: str) -> Make:
    return saved(form, save_all=True, append_images=[image(255 - PICTURE)], duration=100)


def run_length(length: int, runs: int) -> Make:
    """A DICOM slice of 81 pixels, whose high and low bytes are each `runs` runs of sevens."""
    from pydicom import dcmread
    from pydicom.encaps import encapsulate
    from pydicom.uid import RLELossless

    segment = bytes([257 - length, 7]) * runs
    frame = struct.pack("<16I", 2, 64, 64 + len(segment), *[0] * 13) + segment * 2

    def made(path: Path) -> None:
        dataset = dcmread(write_dicom(path, np.zeros((SIDE, SIDE), np.uint16)))
        dataset.file_meta.TransferSyntaxUID = RLELossless
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].is_undefined_length = True
        dataset.save_as(path)

    return made


def dicom_with_letters(path: Path) -> None:
    """Of which pydicom warns with the words of its header."""
    write_dicom(path, np.zeros((SIDE, SIDE), np.uint16), NumberOfFrames="41")
    path.write_bytes(path.read_bytes().replace(b"IS\x02\x0041", b"IS\x02\x004A"))


def float_dicom(values: Any) -> Make:
    gone = dict.fromkeys(["PixelData", "BitsStored", "HighBit", "PixelRepresentation"])
    return dicom(np.zeros((SIDE, SIDE), np.uint32), **gone, FloatPixelData=values.astype(np.float32).tobytes())


def link(target: str) -> Make:
    return lambda path: path.symlink_to(target)


def link_outside(path: Path) -> None:
    image(PICTURE).save(path.parents[2] / "outside.png")
    path.symlink_to(path.parents[2] / "outside.png")


def folder_outside(path: Path) -> None:
    (path.parents[2] / "elsewhere" / "c").mkdir(parents=True)
    image(PICTURE).save(path.parents[2] / "elsewhere" / "c" / "x.png")
    path.symlink_to(path.parents[2] / "elsewhere")


def link_inside(path: Path) -> None:
    image(PICTURE).save(path.with_name(".hidden.png"))
    path.symlink_to(".hidden.png")


def not_unicode(path: Path) -> None:
    image(PICTURE).save(Path(os.fsdecode(os.fsencode(path.parent) + b"/\xe9.png")))


def one_row(value: int, turned: bool = False) -> Any:
    rows = np.zeros((SIDE, SIDE, 3), np.uint8)
    rows[SIDE // 2] = value
    return rows.transpose(1, 0, 2) if turned else rows


TEXT = "This is no image.\n" * 300
VOXELS = RNG.integers(0, 99, (200, 200, 1), dtype=np.int16)
NOISE = RNG.bytes(5000)  # what an encrypted file looks like
CHECKERS = np.indices((SIDE, SIDE)).sum(axis=0) % 2 == 0
RGB_VOXELS = np.zeros((SIDE, SIDE, 1), [("R", "u1"), ("G", "u1"), ("B", "u1")])
NO_IMAGE = "it is no image, whatever its name says, or it is encrypted, cut short or damaged"
NO_VOLUME = "it is no NIfTI volume, whatever its name says, or it is encrypted, cut short or damaged"
NO_DICOM = "nothing else of a DICOM file"
BROKEN = "it is cut short, damaged or of an unusual kind"
TOO_LARGE = "pixels are more than 100,000,000; raise --max-pixels where that is meant"
GREY16 = np.full((SIDE, SIDE), 13107, np.uint16)  # a fifth of 65535
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 6  # the first column is the top
LEFT_DARK = np.repeat([[[0] * 3] * 8 + [[255] * 3] * 8], 8, axis=0).astype(np.uint8)
TRANSPARENT = image(np.zeros((SIDE, SIDE), np.uint8))
TRANSPARENT.paste(1, (0, 0, SIDE, 3))
TRANSPARENT.putpalette([10, 20, 30, *ORANGE])
STATIC = image(np.zeros((SIDE, SIDE), np.uint8))
STATIC.putpalette([*ORANGE, 0, 0, 0])
NAN = np.full((SIDE, SIDE), 40.0)
NAN[4, 4] = np.nan
HALF_WHITE = np.where(np.arange(SIDE)[:, None] < 4, 65535, 0).astype(np.uint16) + np.zeros((1, SIDE), np.uint16)


# Sound images that stand beside them.


def sound_tree(root: Path) -> Path:
    """Four images of two classes."""
    for label in "ab":
        (root / label).mkdir(parents=True)
        for number in range(2):
            image(RNG.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).save(root / label / f"sound{number}.png")
    return root


SOUND = {f"internal/{label}/sound{number}.png": label for label in "ab" for number in range(2)}
