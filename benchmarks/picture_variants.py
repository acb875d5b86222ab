"""Ways to store an image as TIFF, PNG, PNM, JPEG 2000, HEIC and others, and its pixels by tifffile or as known."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image

from bench.data.images import PixelSettings
from benchmarks.variant import RAMP, SIDE, Pixels, Variant

DEEP = (RAMP * 16).astype(np.uint16)  # 0 to 65520
STORED12 = RAMP.astype(np.uint16)
EIGHT = (RAMP // 16).astype(np.uint8)
COLOUR = np.stack([EIGHT, EIGHT[::-1], 255 - EIGHT.T], axis=-1)
DEEP_COLOUR = np.stack([DEEP, DEEP[::-1], 65535 - DEEP.T], axis=-1)
TWELVE = PixelSettings(white16=4095)
Make = Callable[[Path], object]
Expected = Callable[[Path], Pixels]
WIDTH, LENGTH, BITS, PHOTOMETRIC, OFFSET, ROWS, BYTES = 256, 257, 258, 262, 273, 278, 279


def tiff(values: Pixels, **options: Any) -> Make:
    return lambda path: tifffile.imwrite(path, values, **{"photometric": "minisblack", **options})


def twelve_bits(order: str, photometric: int) -> Make:
    """Two values in three bytes, as cameras and microscopes store them; tifffile needs a codec to write that."""
    even, odd = STORED12.ravel()[::2].astype(np.uint32), STORED12.ravel()[1::2].astype(np.uint32)
    packed = np.stack([even >> 4, (even & 15) << 4 | odd >> 8, odd & 255], axis=-1).astype(np.uint8).tobytes()
    tags = [(WIDTH, SIDE), (LENGTH, SIDE), (BITS, 12), (PHOTOMETRIC, photometric), (OFFSET, 8)]
    tags += [(ROWS, SIDE), (BYTES, len(packed))]

    def make(path: Path) -> None:
        head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8 + len(packed))
        entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags)
        path.write_bytes(head + packed + struct.pack(f"{order}H", len(tags)) + entries + bytes(4))

    return make


def by_tifffile(white: int) -> Expected:
    def read(path: Path) -> Pixels:
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            values = page.asarray() / white
            return 1 - values if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE else values

    return read


def known(shares: Pixels) -> Expected:
    return lambda path: shares


def pillow(form: str, values: Pixels, mode: str | None = None, **options: Any) -> Make:
    image = Image.fromarray(values)
    return lambda path: (image.convert(mode) if mode else image).save(path, form, **options)


def opencv(values: Pixels) -> Make:
    """Colours in OpenCV's order."""
    return lambda path: cv2.imwrite(str(path), values if values.ndim == 2 else values[..., ::-1])


def pnm(magic: str, largest: int, values: Pixels) -> Make:
    head = f"{magic}\n# made here\n{SIDE} {SIDE}\n{largest}\n".encode()
    if magic == "P2":
        return lambda path: path.write_bytes(head + "\n".join(" ".join(map(str, row)) for row in values).encode())
    return lambda path: path.write_bytes(head + values.astype(">u2" if largest > 255 else "u1").tobytes())


def heic(values: Pixels) -> Make:
    """Without loss but for the change of colours' coordinates."""

    def make(path: Path) -> None:
        import pillow_heif

        pillow_heif.from_pillow(Image.fromarray(values)).save(path, quality=-1, chroma=444)

    return make


def twelve_bit_codestream(path: Path) -> None:
    from openjpeg.utils import encode_array

    path.write_bytes(encode_array(STORED12, bits_stored=12))


TIFFFILE, KNOWN = "tifffile", "known values"
INVERTED = {"photometric": "miniswhite"}
PALETTE = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2], axis=-1).astype(np.uint8)


def palette(path: Path) -> None:
    image = Image.fromarray(EIGHT)
    image.putpalette(PALETTE.tobytes())
    image.save(path)


def half_transparent(path: Path) -> None:
    Image.merge("LA", [Image.fromarray(EIGHT), Image.new("L", (SIDE, SIDE), 51)]).save(path)


FOUND: list[tuple[str, str, str, Make, Expected, str, dict[str, Any]]] = [
    ("TIFF", "8 bits", ".tif", tiff(EIGHT), by_tifffile(255), TIFFFILE, {}),
    ("TIFF", "8 bits, white is zero", ".tif", tiff(EIGHT, **INVERTED), by_tifffile(255), TIFFFILE, {}),
    ("TIFF", "16 bits", ".tif", tiff(DEEP), by_tifffile(65535), TIFFFILE, {}),
    ("TIFF", "16 bits, big-endian", ".tif", tiff(DEEP, byteorder=">"), by_tifffile(65535), TIFFFILE, {}),
    ("TIFF", "16 bits, white is zero", ".tif", tiff(DEEP, **INVERTED), by_tifffile(65535), TIFFFILE, {}),
    (
        "TIFF",
        "16 bits, white is zero, big-endian",
        ".tif",
        tiff(DEEP, byteorder=">", **INVERTED),
        by_tifffile(65535),
        TIFFFILE,
        {},
    ),
    (
        "TIFF",
        "16 bits, white is zero, packed",
        ".tif",
        tiff(DEEP, compression="zlib", **INVERTED),
        by_tifffile(65535),
        TIFFFILE,
        {},
    ),
    ("TIFF", "16 bits, tiles", ".tif", tiff(DEEP, tile=(16, 16)), by_tifffile(65535), TIFFFILE, {}),
    (
        "TIFF",
        "12 bits in 16, --white16 4095",
        ".tif",
        tiff(STORED12),
        by_tifffile(4095),
        TIFFFILE,
        {"settings": TWELVE},
    ),
    (
        "TIFF",
        "12 bits in 16, white is zero, --white16 4095",
        ".tif",
        tiff(STORED12, **INVERTED),
        by_tifffile(4095),
        TIFFFILE,
        {"settings": TWELVE},
    ),
    ("TIFF", "12 bits", ".tif", twelve_bits("<", 1), known(RAMP / 4095), KNOWN, {}),
    ("TIFF", "12 bits, big-endian", ".tif", twelve_bits(">", 1), known(RAMP / 4095), KNOWN, {}),
    ("TIFF", "12 bits, white is zero", ".tif", twelve_bits("<", 0), known(1 - RAMP / 4095), KNOWN, {}),
    ("TIFF", "12 bits, white is zero, big-endian", ".tif", twelve_bits(">", 0), known(1 - RAMP / 4095), KNOWN, {}),
    ("TIFF", "32 bits, 0 to 65520", ".tif", tiff(DEEP.astype(np.uint32)), by_tifffile(65535), TIFFFILE, {}),
    ("TIFF", "RGB", ".tif", tiff(COLOUR, photometric="rgb"), by_tifffile(255), TIFFFILE, {}),
    (
        "TIFF",
        "RGB of 16 bits",
        ".tif",
        tiff(DEEP_COLOUR, photometric="rgb"),
        known((DEEP_COLOUR >> 8) / 255),
        KNOWN,
        {},
    ),
    ("TIFF", "two pages, the first", ".tif", tiff(np.stack([EIGHT, 255 - EIGHT])), by_tifffile(255), TIFFFILE, {}),
    ("PNG", "8 bits", ".png", pillow("PNG", EIGHT), known(EIGHT / 255), KNOWN, {}),
    ("PNG", "16 bits", ".png", opencv(DEEP), known(DEEP / 65535), KNOWN, {}),
    ("PNG", "12 bits in 16, --white16 4095", ".png", opencv(STORED12), known(RAMP / 4095), KNOWN, {"settings": TWELVE}),
    ("PNG", "1 bit", ".png", pillow("PNG", EIGHT > 99), known(EIGHT > 99), KNOWN, {}),
    ("PNG", "palette", ".png", palette, known(PALETTE[EIGHT] / 255), KNOWN, {}),
    ("PNG", "grey on a fifth of opacity", ".png", half_transparent, known(EIGHT / 255 / 5), KNOWN, {"tolerance": 1}),
    ("PNG", "RGB of 16 bits", ".png", opencv(DEEP_COLOUR), known((DEEP_COLOUR >> 8) / 255), KNOWN, {}),
    ("PNM", "PGM, 8 bits", ".pgm", pnm("P5", 255, EIGHT), known(EIGHT / 255), KNOWN, {}),
    ("PNM", "PGM, 16 bits", ".pgm", pnm("P5", 65535, DEEP), known(DEEP / 65535), KNOWN, {}),
    ("PNM", "PGM, white at 4095", ".pgm", pnm("P5", 4095, RAMP), known(RAMP / 4095), KNOWN, {"tolerance": 1}),
    (
        "PNM",
        "PGM, white at 4095, --white16 4095",
        ".pgm",
        pnm("P5", 4095, RAMP),
        known(RAMP / 4095),
        KNOWN,
        {"settings": TWELVE, "tolerance": 1},
    ),
    ("PNM", "PGM, as text, white at 4095", ".pgm", pnm("P2", 4095, RAMP), known(RAMP / 4095), KNOWN, {"tolerance": 1}),
    ("PNM", "PPM", ".ppm", pnm("P6", 255, COLOUR), known(COLOUR / 255), KNOWN, {}),
    ("JPEG 2000", "8 bits", ".jp2", pillow("JPEG2000", EIGHT), known(EIGHT / 255), KNOWN, {}),
    ("JPEG 2000", "16 bits", ".jp2", pillow("JPEG2000", DEEP), known(DEEP / 65535), KNOWN, {}),
    ("JPEG 2000", "codestream of 12 bits", ".j2k", twelve_bit_codestream, known(RAMP / 4095), KNOWN, {"tolerance": 1}),
    (
        "JPEG 2000",
        "codestream of 12 bits, --white16 4095",
        ".j2k",
        twelve_bit_codestream,
        known(RAMP / 4095),
        KNOWN,
        {"settings": TWELVE, "tolerance": 1},
    ),
    ("JPEG 2000", "codestream, RGB", ".j2k", pillow("JPEG2000", COLOUR), known(COLOUR / 255), KNOWN, {}),
    ("WebP", "without loss", ".webp", pillow("WEBP", COLOUR, lossless=True), known(COLOUR / 255), KNOWN, {}),
    ("HEIC", "grey", ".heic", heic(EIGHT), known(EIGHT / 255), KNOWN, {"tolerance": 1}),
    ("HEIC", "RGB", ".heic", heic(COLOUR), known(COLOUR / 255), KNOWN, {"tolerance": 3}),
    (
        "AVIF",
        "quality 100",
        ".avif",
        pillow("AVIF", COLOUR, quality=100, subsampling="4:4:4"),
        known(COLOUR / 255),
        KNOWN,
        {"tolerance": 3},
    ),
    ("QOI", "RGB", ".qoi", pillow("QOI", COLOUR), known(COLOUR / 255), KNOWN, {}),
    ("TGA", "RGB", ".tga", pillow("TGA", COLOUR), known(COLOUR / 255), KNOWN, {}),
    ("PCX", "grey", ".pcx", pillow("PCX", EIGHT), known(EIGHT / 255), KNOWN, {}),
    ("SGI", "RGB", ".sgi", pillow("SGI", COLOUR), known(COLOUR / 255), KNOWN, {}),
]
VARIANTS = [
    Variant(kind, name, make, expected, peer, suffix=suffix, **more)
    for kind, name, suffix, make, expected, peer, more in FOUND
]
