"""Where the pixels of images lie while runs read them: in the file, or on the card. Says what does not fit there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.terminal import Terminal

Images = NDArray[np.uint8]
Source = Callable[[NDArray[np.int64]], Tensor]
"""From rows to their pixels (n, side, side, 3), uint8, on the device."""

SHARE = 1 / 32
"""Of a card's memory: what images may take of it in each process. 80 GB hold 16,000 images of 224 px."""
CHUNK = 256  # images that are copied at once
_held: dict[tuple[str, torch.device], Tensor] = {}
_said = set[str]()


def source_of(array: Images, device: torch.device, neighbours: NDArray[np.int64] | None = None) -> Source:
    """On a card where images fit into their share of it; else from the file, through memory that the card reads.

    neighbours: (n, 3), for each image the rows whose first channels are its three channels instead.
    """
    if neighbours is not None:
        return WithNeighbours(source_of(array, device), neighbours)
    if device.type != "cuda":
        return FromFile(array, device)
    total = torch.cuda.mem_get_info(device)[1]
    if fits(array.nbytes, total):
        return OnDevice(array, device)
    name = _name(array)
    if name not in _said:
        _said.add(name)
        Terminal(stderr=True).say(
            f"The images take {array.nbytes / 1e9:.1f} GB, more than 1/{1 / SHARE:.0f} of the card's {total / 1e9:.0f} "
            f"GB: they stay in the computer's memory, and each batch is copied."
        )
    return FromFile(array, device)


def fits(size: int, total: int) -> bool:
    """Whether images of so many bytes are kept on a card of so many."""
    return size <= SHARE * total


class FromFile:
    """Gathers the rows of each batch on the processor and copies them."""

    def __init__(self, array: Images, device: torch.device) -> None:
        self._array, self._device = array, device

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        return sent(torch.from_numpy(self._array[rows]), self._device)


class WithNeighbours:
    """Puts the first channels of three images in the place of each."""

    def __init__(self, source: Source, neighbours: NDArray[np.int64]) -> None:
        self._source, self._neighbours = source, neighbours

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        three = self._source(self._neighbours[rows].ravel())[..., 0]
        return three.reshape(len(rows), 3, *three.shape[1:]).movedim(1, -1)


class OnDevice:
    """Keeps all images on the device and gathers there. Runs of one process share one copy, the last one asked for."""

    def __init__(self, array: Images, device: torch.device) -> None:
        key = (_name(array), device)
        if not key[0] or key not in _held:
            _held.clear()
            _held[key] = _copied(array, device)
        self._images = _held[key]

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        return self._images.index_select(0, sent(torch.from_numpy(rows), self._images.device))


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device; a card is not waited for, since it reads from memory that stays in its place."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def _name(array: Any) -> str:
    """That of its file, which decides its content; "" where it comes from none."""
    return str(getattr(array, "filename", None) or "")


def _copied(array: Images, device: torch.device) -> Tensor:
    images = torch.empty(array.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(array), CHUNK):
        images[start : start + CHUNK] = torch.from_numpy(np.array(array[start : start + CHUNK]))
    return images
