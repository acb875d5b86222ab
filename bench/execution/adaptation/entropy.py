"""Less entropy of the predictions at a site: test-time entropy minimisation (Wang et al. 2021, arXiv:2006.10726)."""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backbones.norms import batch_norms
from bench.execution.prediction import Logits

LR = 1e-3  # that of the paper for small images
Inputs = Callable[[NDArray[np.int64]], Tensor]


class Adapting:
    """A copy of a model that is adapted batch by batch: `step` predicts a batch, then moves the norms' parameters.

    Norms use the statistics of the batch. Everything but their scales and shifts stays; dropout is off, so that the
    same batches give the same bytes.
    """

    def __init__(self, model: nn.Module, autocast: torch.autocast) -> None:
        self.model, self._autocast = deepcopy(model).eval().requires_grad_(False), autocast
        for norm in batch_norms(self.model):
            norm.running_mean = norm.running_var = None  # then those of the batch
            norm.weight.requires_grad_(True)
            norm.bias.requires_grad_(True)
        moved = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self._optimiser = torch.optim.Adam(moved, lr=LR)

    def step(self, images: Tensor) -> Tensor:
        """Logits (n, n_classes) of the images, before the step that they cause."""
        with self._autocast:
            output: Tensor = self.model(images)
        logits = output.float()
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(entropy(logits).mean())
        self._optimiser.step()
        return logits.detach()


def entropy(logits: Tensor) -> Tensor:
    """Shannon entropy of the softmax of logits (n, n_classes): (n,), in nats."""
    log_p = logits.log_softmax(1)
    return -(log_p.exp() * log_p).sum(1)


def adapted_logits(
    model: nn.Module, inputs: Inputs, rows: NDArray[np.int64], autocast: torch.autocast, batch_size: int, seed: int
) -> Logits:
    """Logits (n_rows, n_classes) of a site's images, predicted while a copy of the model adapts to them.

    One pass in an order that the seed draws, in batches of about one size and at most `batch_size`. As in the paper, a
    batch is predicted before it moves the model.
    """
    adapting = Adapting(model, autocast)
    order = np.random.default_rng(seed).permutation(len(rows))
    found: dict[int, NDArray[np.float32]] = {}
    for places in np.array_split(order, -(-len(rows) // batch_size)):
        logits = adapting.step(inputs(rows[places])).cpu().numpy()
        found.update(zip(places.tolist(), logits, strict=True))
    return np.stack([found[place] for place in range(len(rows))])
