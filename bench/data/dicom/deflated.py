"""DICOM files that were packed as a whole (Deflated Explicit VR Little Endian); pydicom unpacks without a limit.

Reads files.
"""

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from bench.data.dicom.opened import BoundedFile
from bench.data.reading import UnreadableImage

DEFLATED = "1.2.840.10008.1.2.1.99"
META = 4096  # bytes at the start of a file, in which its transfer syntax is named
MOST_HEADER = 32 * 2**20  # bytes that stand before the pixels


def is_deflated(path: Path) -> bool:
    """Whether the file says so."""
    with path.open("rb") as file:
        return DEFLATED.encode() in file.read(META)


def inflated(path: Path, most: int, *, cut: bool = False) -> Any:
    """An open file as it would be unpacked, of which no more than `most` bytes are made.

    `cut`: leave out what is beyond, for those who read no further than the header.

    Raises:
        UnreadableImage: it is longer.
    """
    from pydicom.filebase import DicomBytesIO
    from pydicom.filereader import _read_file_meta_info, read_preamble
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import ExplicitVRLittleEndian

    with BoundedFile(path) as file:
        preamble = read_preamble(file, True)
        meta: Any = _read_file_meta_info(file)
        packed = file.read()
    if meta.get("TransferSyntaxUID") != DEFLATED:
        return BytesIO(path.read_bytes())
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    content = unpacking.decompress(packed, most)
    if unpacking.unconsumed_tail and not cut:
        raise UnreadableImage(
            f"unpacked it is longer than {most:,} bytes, more than its header tells or --max-pixels allows"
        )
    if not unpacking.eof and not unpacking.unconsumed_tail:
        raise ValueError("cut short")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole = DicomBytesIO()
    whole.write((preamble or b"\0" * 128) + b"DICM")
    write_file_meta_info(whole, meta, enforce_standard=False)
    whole.write(content)
    whole.seek(0)
    return whole
