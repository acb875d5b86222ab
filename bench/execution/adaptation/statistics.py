"""Batch norms with the statistics of a site: adaptive batch normalisation (Li et al. 2016, arXiv:1603.04779)."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import deepcopy
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from backbones.norms import batch_norms
from bench.execution.batches import evaluation_batches

Inputs = Callable[[NDArray[np.int64]], Tensor]


class _Reached(Exception):
    """Carries a norm and what it is given out of a forward pass that needs not go on."""

    def __init__(self, norm: _BatchNorm, given: Tensor) -> None:
        super().__init__()
        self.norm, self.given = norm, given


class Moments:
    """Mean and variance of each channel over batches, merged exactly (Chan, Golub & LeVeque 1983); (n_channels,)."""

    def __init__(self) -> None:
        self.n = 0
        self.mean = self.squares = np.zeros(1)

    def add(self, given: Tensor) -> None:
        """given: (n_images, n_channels, …)."""
        over = [axis for axis in range(given.ndim) if axis != 1]
        variance, mean = torch.var_mean(given.float(), over, correction=0)
        n = given.numel() // given.shape[1]
        own, squares = (one.cpu().numpy().astype(np.float64) for one in (mean, n * variance))
        away, whole = own - self.mean, self.n + n
        self.squares = self.squares + squares + away**2 * (self.n * n / whole)
        self.mean = self.mean + away * (n / whole)
        self.n = whole

    @property
    def variance(self) -> NDArray[np.float64]:
        """The population's, as a norm divides by."""
        return self.squares / self.n


def with_statistics(model: nn.Module, inputs: Inputs, rows: Sequence[int], autocast: torch.autocast) -> nn.Module:
    """A copy of `model` in which every batch norm has the statistics of these images; nothing else is changed.

    Norm after norm, each with those before it as they are then: what comes out is what one batch of all images would
    give, whatever the size of batches. So there is a pass over the images for each norm, up to it.
    """
    adapted = deepcopy(model).eval()
    waiting = batch_norms(adapted)
    while waiting:
        moments, reached = Moments(), None
        for batch, counted in evaluation_batches(rows):
            reached = _first(adapted, waiting, inputs(batch), autocast)
            if reached is None:
                return adapted  # the forward pass does not go through those that are left
            moments.add(reached.given[:counted])
        if reached is None:
            return adapted
        _set(reached.norm, moments)
        waiting = [norm for norm in waiting if norm is not reached.norm]
    return adapted


def _set(norm: _BatchNorm, moments: Moments) -> None:
    for buffer, values in ((norm.running_mean, moments.mean), (norm.running_var, moments.variance)):
        assert buffer is not None
        buffer.copy_(torch.from_numpy(values).float())


def _first(model: nn.Module, norms: Sequence[_BatchNorm], images: Tensor, autocast: torch.autocast) -> _Reached | None:
    """The first of the norms that the forward pass comes to."""

    def stop(norm: Any, given: tuple[Tensor, ...]) -> NoReturn:
        raise _Reached(norm, given[0])

    with ExitStack() as hooks, torch.inference_mode():
        for norm in norms:
            hooks.callback(norm.register_forward_pre_hook(stop).remove)
        try:
            with autocast:
                model(images)
        except _Reached as reached:
            return reached
    return None
