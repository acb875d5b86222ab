"""Random changes of training images, the same for a case in an epoch whatever batch or worker it comes in."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bench.seeds import derive

SHIFT = 1 / 16  # of the side
BRIGHTNESS = 0.1  # of the standard deviation that images are normalised to


class LightAugmentation:
    """Mirrors half of the images, moves each by up to a sixteenth of its side and makes it brighter or darker.

    Each image has a generator of its own, seeded by (order seed, epoch, case), the case being named by its digest.
    """

    def __init__(self, order_seed: int) -> None:
        self._seed = order_seed

    def __call__(self, images: Tensor, cases: Sequence[str], epoch: int) -> Tensor:
        """images (n, 3, side, side) of the cases, in order; gives the same shape and memory layout."""
        changed = [self._one(image, case, epoch) for image, case in zip(images, cases, strict=True)]
        channels_last = images.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        return torch.stack(changed).contiguous(memory_format=layout)

    def _one(self, image: Tensor, case: str, epoch: int) -> Tensor:
        rng = np.random.default_rng(derive(self._seed, "augment", epoch, case))
        mirrored, brighter = rng.random() < 0.5, float(rng.uniform(-BRIGHTNESS, BRIGHTNESS))
        reach = round(SHIFT * image.shape[-1])
        down, right = (int(step) for step in rng.integers(-reach, reach + 1, size=2))
        moved = torch.nn.functional.pad(image[None], (reach,) * 4, mode="replicate")[0]
        height, width = image.shape[-2:]
        moved = moved[:, reach + down : reach + down + height, reach + right : reach + right + width]
        return (moved.flip(-1) if mirrored else moved) + brighter
