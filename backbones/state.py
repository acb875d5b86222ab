"""A trained model as the bytes of a safetensors file that says whose it is, and back."""

import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from backbones.build import BackboneError

RUN_ID = "run_id"
_LENGTH_BYTES = 8


def as_bytes(model: nn.Module, run_id: str) -> bytes:
    """Every tensor of the model's state, buffers included, and the run that trained it."""
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in model.state_dict().items()}
    written: bytes = save(tensors, {RUN_ID: run_id})
    return written


def restore(model: nn.Module, content: bytes, run_id: str) -> None:
    """Give the model the state that `as_bytes` wrote.

    Raises:
        BackboneError: it is no safetensors file, or that of another run or architecture.
    """
    try:
        state = load(content)
    except SafetensorError as error:
        raise BackboneError(f"it is no safetensors file ({error})") from error
    if _run_of(content) != run_id:
        raise BackboneError("it is not the model of this run")
    expected = model.state_dict()
    if {key: value.shape for key, value in expected.items()} != {key: value.shape for key, value in state.items()}:
        raise BackboneError("it holds the tensors of another architecture, or not all of them")
    with torch.no_grad():
        for key, value in expected.items():
            value.copy_(state[key])


def _run_of(content: bytes) -> str | None:
    """From the header: its length in eight bytes, then JSON (https://github.com/huggingface/safetensors#format)."""
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    about: dict[str, str] = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length]).get("__metadata__", {})
    return about.get(RUN_ID)
