"""Weights of strangers: nothing of a file is run, and one whose header lies is refused by a line of words."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from backbones.build import BackboneError
from backbones.weights import resolve

HALF = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


class Poisoned:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def with_header(header: object, data: bytes = bytes(8)) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "a header longer than memory": struct.pack("<Q", 2**63) + b"{}",
    "a header longer than the file": struct.pack("<Q", 10**8) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"nope",
    "deep JSON": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "a list": with_header([]),
    "beyond the end": with_header({"a": {**HALF, "data_offsets": [0, 2**40], "shape": [2**38]}}),
    "offsets that overlap": with_header({"a": HALF, "b": HALF}),
    "offsets backwards": with_header({"a": {**HALF, "data_offsets": [8, 0]}}),
    "another size than the shape": with_header({"a": {**HALF, "shape": [2**31, 2**31]}}),
    "a size that no number holds": with_header({"a": {**HALF, "shape": [2**63, 2**63, 2**63]}}),
    "an unknown type": with_header({"a": {**HALF, "dtype": "OBJECT"}}),
    "data that nobody names": with_header({"a": HALF}, bytes(4096)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_header_that_lies(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(BROKEN[kind])
    with pytest.raises(BackboneError, match="is not a safetensors file"):
        resolve("test_resnet", str(file), 32)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.pkl"])
@pytest.mark.parametrize("by", ["pickle", "torch"])
def test_nothing_is_unpickled(name: str, by: str, tmp_path: Path) -> None:
    made, file = tmp_path / "made", tmp_path / name
    if by == "torch":
        torch.save({"a": Poisoned(made)}, file)
    else:
        file.write_bytes(pickle.dumps({"a": Poisoned(made)}))
    with pytest.raises(BackboneError, match="other formats are not read"):
        resolve("test_resnet", str(file), 32)
    assert not made.exists()
    pickle.loads(pickle.dumps(Poisoned(made)))  # it is what it claims to be
    assert made.exists()
