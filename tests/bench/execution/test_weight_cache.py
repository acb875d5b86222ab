"""Kept weights are those that their name says, or are not used."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from trees import small_disk

from backbones.weights import ResolvedWeights, tensor_digest
from bench.cached_file import DamagedFileError
from bench.execution.weight_cache import digest_of_file, has_weights, store_weights, stored_weights

BODY = {
    "b.bias": torch.arange(5, dtype=torch.int64),
    "a.weight": torch.linspace(-1, 1, 24).reshape(2, 3, 4),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "scalar": torch.tensor(7.0, dtype=torch.float64),
    "none": torch.zeros(0, 4),
    "mask": torch.tensor([True, False]),
}
RESOLVED = ResolvedWeights("ImageNet", tensor_digest(BODY), BODY)


def test_a_file_has_the_digest_of_its_tensors(tmp_path: Path) -> None:
    kinds = [torch.float16, torch.float32, torch.float64, torch.bfloat16, torch.int8, torch.int16, torch.int32]
    kinds += [torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.bool]
    tensors = BODY | {str(kind): torch.ones(2, 3, dtype=kind) for kind in kinds}
    save_file(tensors, tmp_path / "file", metadata={"format": "pt"})
    assert digest_of_file(tmp_path / "file") == tensor_digest(load_file(tmp_path / "file")) == tensor_digest(tensors)


def test_what_was_stored_is_found_again(tmp_path: Path) -> None:
    assert has_weights(tmp_path, "")
    assert stored_weights(tmp_path, "") is None
    assert not has_weights(tmp_path, RESOLVED.digest)
    store_weights(tmp_path, RESOLVED)
    again = stored_weights(tmp_path, RESOLVED.digest)
    assert again is not None
    assert tensor_digest(again) == RESOLVED.digest
    assert [path.name for path in tmp_path.iterdir()] == [f"{RESOLVED.digest}.safetensors"]


@pytest.mark.parametrize("seed", range(20))
def test_damage_is_said_never_used_and_made_good(tmp_path: Path, seed: int) -> None:
    store_weights(tmp_path, RESOLVED)
    file = tmp_path / f"{RESOLVED.digest}.safetensors"
    whole, rng = file.read_bytes(), np.random.default_rng(seed)
    content = bytearray(whole)
    if seed % 4 == 0:
        content = content[: rng.integers(len(whole))]
    else:
        content[rng.integers(len(whole))] ^= 1 << rng.integers(8)
    file.write_bytes(content)
    said: list[str] = []
    if not has_weights(tmp_path, RESOLVED.digest, said.append):
        assert f"{file} is damaged" in said[0]
        with pytest.raises(DamagedFileError):
            stored_weights(tmp_path, RESOLVED.digest)
        store_weights(tmp_path, RESOLVED)
        assert file.read_bytes() == whole
    again = stored_weights(tmp_path, RESOLVED.digest)  # a flip in what decides nothing is none
    assert again is not None
    assert tensor_digest(again) == RESOLVED.digest


def test_weights_under_the_name_of_others_are_not_used(tmp_path: Path) -> None:
    other = {"a": torch.zeros(3)}
    store_weights(tmp_path, RESOLVED)
    store_weights(tmp_path, ResolvedWeights("ImageNet", tensor_digest(other), other))
    (tmp_path / f"{tensor_digest(other)}.safetensors").replace(tmp_path / f"{RESOLVED.digest}.safetensors")
    assert not has_weights(tmp_path, RESOLVED.digest)
    with pytest.raises(DamagedFileError):
        stored_weights(tmp_path, RESOLVED.digest)


def test_a_full_disk_is_said_as_that_and_leaves_nothing(tmp_path: Path) -> None:
    body = {"a": torch.zeros(1 << 16)}
    with small_disk(tmp_path, 1 << 16) as disk:
        with pytest.raises(OSError, match="No space left"):
            store_weights(disk, ResolvedWeights("ImageNet", tensor_digest(body), body))
        assert list(disk.iterdir()) == []
