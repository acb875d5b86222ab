"""Packed DICOM files whose lengths lie."""

import struct
from pathlib import Path

import pytest
from odd_inputs import limited

from bench.data.dicom.deflated import DEFLATED
from bench.data.dicom.header import read_header
from bench.data.reading import UnreadableImage


def test_no_more_memory_is_asked_for_than_the_file_has_bytes(tmp_path: Path) -> None:
    """An element of the group that comes before what is packed claims 2 GB; the limit is 1 GiB."""
    syntax = DEFLATED.encode() + b"\0"
    elements = [
        struct.pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax,
        struct.pack("<HH2sHI", 2, 0x102, b"OB", 0, 2_000_000_000) + b"few bytes",
    ]
    file = tmp_path / "odd.dcm"
    file.write_bytes(bytes(128) + b"DICM" + b"".join(elements))
    with limited(), pytest.raises(UnreadableImage):
        read_header(file)
