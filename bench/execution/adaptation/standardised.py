"""Images on the scale of the training images, wherever their pixels lie."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.execution.adaptation.histogram import LEVELS, Landmarks, landmarks, standard_of, table
from bench.execution.image_source import Source, sent

AT_ONCE = 32


class Standardised:
    """A source whose images are changed to landmarks of those at `training`; what becomes of one is kept."""

    def __init__(self, source: Source, training: NDArray[np.int64]) -> None:
        self._source = source
        self._tables: dict[int, NDArray[np.uint8]] = {}
        starts = range(0, len(training), AT_ONCE)
        own = [one for start in starts for one in _landmarks(source(training[start : start + AT_ONCE]))]
        self.standard = standard_of(own)

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        """(len(rows), side, side, n_channels), uint8, on the device of the source."""
        images = self._source(rows)
        new = [place for place, row in enumerate(rows.tolist()) if row not in self._tables]
        if new:
            for place, own in zip(new, _landmarks(images[new]), strict=True):
                self._tables[int(rows[place])] = table(own, self.standard)
        tables = sent(torch.from_numpy(np.stack([self._tables[row] for row in rows.tolist()])), images.device)
        channels = torch.arange(tables.shape[0] * tables.shape[1], device=images.device)
        first = channels.reshape(len(rows), 1, 1, -1) * LEVELS
        return tables.flatten()[first + images]


def _landmarks(images: Tensor) -> Sequence[Landmarks]:
    return [landmarks(image) for image in images.cpu().numpy()]
