"""Small files that would unpack to more than memory holds: refused by name, within a gigabyte."""

import gzip
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from odd_files import SETTINGS, sound_tree
from odd_inputs import limited
from PIL import Image
from trees import READ, load_sites

from bench.cache import Caches
from bench.data.manifest.reader import read as read_manifest
from bench.data.parquet import read_bounded
from bench.errors import BenchError, RequestError
from bench.external.read import read_external
from bench.store.folder import ResultsFolder


def nifti2(shape: tuple[int, int, int], data: bytes) -> bytes:
    """A volume of bytes in NIfTI-2, whose header takes any number of voxels."""
    header = bytearray(544)
    struct.pack_into("<i8s2h8q", header, 0, 540, b"n+2\0\r\n\x1a\n", 2, 8, 3, *shape, 1, 1, 1, 1)
    struct.pack_into("<8d", header, 104, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<2i", header, 344, 0, 1)
    struct.pack_into("<12d", header, 400, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    return bytes(header) + data


def packed_zeros(number: int) -> bytes:
    """gzip of so many bytes, in members of 16 MiB."""
    piece = 2**24
    return gzip.compress(bytes(piece), 1) * (number // piece)


def png_with(chunk: bytes, content: bytes) -> bytes:
    """A small picture with one more chunk before its pixels."""
    buffer = io.BytesIO()
    Image.new("L", (9, 9)).save(buffer, "PNG")
    whole, data = buffer.getvalue(), chunk + content
    extra = struct.pack(">I", len(content)) + data + struct.pack(">I", zlib.crc32(data))
    return whole[:33] + extra + whole[33:]


def tiff(side: int, *, circle: bool = False) -> bytes:
    """One packed strip that claims side × side pixels; circle: its next directory is itself."""
    data = zlib.compress(bytes(10**6))
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 200)]
    entries += [(277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, len(data))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    start = b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8 if circle else 0)
    return start.ljust(200, b"\0") + data


BOMBS = {
    "text.png": (lambda: png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**28))), "damaged"),
    "profile.png": (lambda: png_with(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**28))), "damaged"),
    "pixels.tif": (lambda: tiff(100_000), "100000×100000 pixels are more than"),
    "short.tif": (lambda: tiff(9_999), "cut short, damaged"),
    "circle.tif": (lambda: tiff(1_000, circle=True), ""),
    "zeros.nii.gz": (lambda: packed_zeros(3 * 2**29), "it is no NIfTI volume"),
    "voxels.nii.gz": (lambda: gzip.compress(nifti2((10**4, 10**4, 10**4), b"")), "its data are cut short or damaged"),
    "slices.nii.gz": (lambda: gzip.compress(nifti2((1, 1, 10**8), bytes(10**8)), 9), "100,000,000 slices, more than"),
    "behind.nii.gz": (lambda: gzip.compress(nifti2((9, 9, 1), bytes(81))) + packed_zeros(2**28), ""),
}
"""How each is made, and the reason; none where it is an image all the same."""


@pytest.mark.parametrize("name", BOMBS)
def test_a_packed_image(name: str, tmp_path: Path, caches: Caches) -> None:
    make, reason = BOMBS[name]
    tree = sound_tree(tmp_path / "tree")
    (tree / "a" / name).write_bytes(make())
    with limited():
        data = load_sites({"internal": tree}, SETTINGS, caches, skip=True)
    said = [why for case, why in data.skipped if case.startswith(f"internal/a/{name}")]
    assert len(said) == bool(reason), data.skipped
    assert reason in "".join(said)


def bomb_of_parquet(path: Path) -> Path:
    """Twenty million times the same two texts, in some kilobytes."""
    rows = 10**6
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["a.png"]))
    table = pa.table({"path": column, "label": column})
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(20):
            writer.write_table(table)
    return path


def test_a_table_of_repeated_values(tmp_path: Path) -> None:
    bomb = bomb_of_parquet(tmp_path / "bomb.parquet")
    assert bomb.stat().st_size < 200_000
    with limited(), pytest.raises(RequestError, match="claims 40,000,000 cells in"):
        read_manifest(bomb, "internal", READ)
    with pytest.raises(RequestError, match="claims 40,000,000 cells in"):
        read_external([bomb], ResultsFolder(tmp_path / "none"))
    for name in ("folds", "cases"):
        bomb.rename(tmp_path / f"{name}.parquet")
        with pytest.raises(BenchError, match="claims 40,000,000 cells in"):
            getattr(ResultsFolder(tmp_path), name)()
        (tmp_path / f"{name}.parquet").rename(bomb)


def test_a_list_of_repeated_values_in_one_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"path": pa.array([np.zeros(11_000_000, np.int8)])}), tmp_path / "list.parquet")
    with pytest.raises(RequestError, match="claims 11,000,000 cells"):
        read_bounded(tmp_path / "list.parquet")


def test_predictions_that_repeat_much_are_no_bomb(tmp_path: Path) -> None:
    """Two million rows of which little but the case differs, as tightly as Parquet packs them."""
    cases = np.arange(200_000)
    one = pd.DataFrame({"case_id": cases.astype(str), "seed": 0, "fold": cases % 5, "site": "internal", "label": "a"})
    frame = pd.concat([one.assign(seed=seed, backbone="net", predicted="a") for seed in range(10)], ignore_index=True)
    frame.to_parquet(tmp_path / "p.parquet", compression="zstd", index=False)
    assert len(read_bounded(tmp_path / "p.parquet")) == 2_000_000
