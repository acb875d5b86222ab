"""From rows of the pixel cache to normalised batches."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backbones.build import Traits
from bench.execution.image_source import Source, source_of
from bench.seeds import derive

EVALUATION_BATCH = 32


class ImageBatches:
    """Images of a memory-mapped array (n, size, size, 3) uint8 as float batches, normalised on the device.

    source: where pixels are read from; by default where the device is served best.
    """

    def __init__(
        self,
        array: NDArray[np.uint8],
        traits: Traits,
        device: torch.device,
        channels_last: bool,
        source: Source | None = None,
    ) -> None:
        self._source = source or source_of(array, device)
        self.device = device
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        scale = 255 * torch.tensor(traits.std)
        self._factor = (1 / scale).view(1, 3, 1, 1).to(device)
        self._shift = (torch.tensor(traits.mean) / torch.tensor(traits.std)).view(1, 3, 1, 1).to(device)

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        """(len(rows), 3, size, size) float32."""
        images = self._source(rows).permute(0, 3, 1, 2)
        return images.float().mul_(self._factor).sub_(self._shift).contiguous(memory_format=self._format)


def training_batches(n: int, batch_size: int, order_seed: int, *names: str | int) -> Iterator[NDArray[np.int64]]:
    """Positions 0 … n−1 in an order that depends on the seed and `names`, in batches.

    A last batch of a single image is left out: batch norm cannot be trained on it.
    """
    order = np.random.default_rng(derive(order_seed, *names)).permutation(n)
    for start in range(0, n, batch_size):
        batch = order[start : start + batch_size]
        if len(batch) > 1:
            yield batch


def steps_per_epoch(n: int, batch_size: int) -> int:
    """How many batches `training_batches` yields."""
    return n // batch_size + (n % batch_size > 1)


def evaluation_batches(rows: Sequence[int]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Batches of one fixed size, the last padded by repetition, with the number that count.

    A prediction's last bits depend on the size of the batch; with one size they do not depend on the company.
    """
    for start in range(0, len(rows), EVALUATION_BATCH):
        batch = np.asarray(rows[start : start + EVALUATION_BATCH], dtype=np.int64)
        yield np.resize(batch, EVALUATION_BATCH), len(batch)
