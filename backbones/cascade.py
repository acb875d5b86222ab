"""A model's parts from the output to the input, for randomising them one after the other."""

import re
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from backbones.build import classifier_keys

MOST_STAGES = 7


def stages(model: nn.Module) -> list[tuple[str, list[str]]]:
    """Names of the parts and their tensors' names, the classifier first, then from the last block to the first.

    Deep models have many blocks; neighbours are taken together so that there are at most seven parts.
    """
    head = classifier_keys(model)
    blocks: dict[str, list[str]] = {}
    for key in model.state_dict():
        if key not in head:
            blocks.setdefault(_block(key), []).append(key)
    names = list(reversed(blocks))
    parts = np.array_split(np.arange(len(names)), min(MOST_STAGES - 1, len(names)))
    below = [
        (_span(names[part[0]], names[part[-1]]), [key for place in part for key in blocks[names[place]]])
        for part in parts
    ]
    return [("classifier", sorted(head)), *below]


def randomise(model: nn.Module, other: Mapping[str, Tensor]) -> Iterator[str]:
    """Give `model` the tensors of `other`, a randomly initialised twin, part by part; yields each part's name."""
    state = model.state_dict()
    for name, keys in stages(model):
        with torch.no_grad():
            for key in keys:
                state[key].copy_(other[key])
        yield name


def _block(key: str) -> str:
    """`layer4.1.conv2.weight` belongs to layer4, `blocks.3.norm1.weight` to blocks.3, `cls_token` to itself."""
    found = re.match(r"features\.[^.]+|(?!layer\d)[^.]+\.\d+(?=\.)", key)
    return found[0] if found else key.partition(".")[0]


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} … {last}"
