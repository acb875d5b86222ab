"""Pretrained weights as they are kept between runs, in files named by the digest of their tensors.

Reads and writes the weight cache. Looking whether weights are there needs no torch.
"""

import hashlib
import json
import mmap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cached_file import DamagedFileError, Signature, signature, written

if TYPE_CHECKING:
    from torch import Tensor

    from backbones.weights import ResolvedWeights

# as torch calls what safetensors abbreviates: https://huggingface.co/docs/safetensors
TYPES = {
    **{f"F{bits}": f"torch.float{bits}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"torch.int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"torch.uint{bits}" for bits in (8, 16, 32, 64)},
    "BF16": "torch.bfloat16",
    "BOOL": "torch.bool",
}
_checked: dict[Path, Signature] = {}


def store_weights(folder: Path, resolved: "ResolvedWeights") -> None:
    """Keep the tensors, so that `stored_weights` finds them under their digest."""
    if resolved.body is None or has_weights(folder, resolved.digest):
        return
    from safetensors.torch import save

    content = save({key: tensor.contiguous() for key, tensor in resolved.body.items()})
    with written(weight_file(folder, resolved.digest)) as temporary:
        temporary.write_bytes(content)  # save_file would call a full disk an error of the weights


def has_weights(folder: Path, digest: str, say: Callable[[str], None] | None = None) -> bool:
    """Whether `stored_weights` would find these; random ones (empty digest) need no file. Damage is said."""
    try:
        return not digest or _check(weight_file(folder, digest), digest)
    except DamagedFileError as error:
        if say:
            say(f"The cached weights {error.fault}: they are fetched anew.")
        return False


def stored_weights(folder: Path, digest: str) -> "Mapping[str, Tensor] | None":
    """The tensors kept under `digest`; None for random weights (empty digest).

    Raises:
        DamagedFileError: the file holds others.
        FileNotFoundError: there is none.
    """
    if not digest:
        return None
    from safetensors.torch import load_file

    file = weight_file(folder, digest)
    _check(file, digest)
    return load_file(file)


def digest_of_file(file: Path) -> str:
    """What `backbones.weights.tensor_digest` says of the tensors in a safetensors file.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = 8 + int.from_bytes(content[:8], "little")
        entries = json.loads(content[8:start])
        entries.pop("__metadata__", None)
        digest = hashlib.sha256()
        with memoryview(content) as view:
            for key in sorted(entries):
                first, end = (start + offset for offset in entries[key]["data_offsets"])
                if end > len(content):
                    raise ValueError("it is cut short")
                digest.update(f"{key}|{TYPES[entries[key]['dtype']]}|{tuple(entries[key]['shape'])}|".encode())
                digest.update(view[first:end])
    return digest.hexdigest()[:24]


def weight_file(folder: Path, digest: str) -> Path:
    """Where the tensors of this digest are kept."""
    return folder / f"{digest}.safetensors"


def _check(file: Path, digest: str) -> bool:
    """Whether the file is there; compared with its name once a process."""
    try:
        found = signature(file)
    except FileNotFoundError:
        return False
    if _checked.get(file) != found:
        try:
            same = digest_of_file(file) == digest
        except (ValueError, KeyError, TypeError, AttributeError):
            same = False
        if not same:
            raise DamagedFileError(file)
        _checked[file] = found
    return True
