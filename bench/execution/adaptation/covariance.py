"""Covariances that training aligns with those of other sites: Deep CORAL (Sun & Saenko 2016, arXiv:1607.01719)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.seeds import derive


def coral(a: Tensor, b: Tensor) -> Tensor:
    """‖C_a − C_b‖² / (4 d²) of outputs (n, d) and (m, d), C being their covariances (divided by n − 1)."""
    difference = covariance(a) - covariance(b)
    return difference.square().sum() / (4 * a.shape[1] ** 2)


def covariance(outputs: Tensor) -> Tensor:
    """(d, d), of outputs (n, d)."""
    centred = outputs - outputs.mean(0)
    return centred.T @ centred / (len(outputs) - 1)


class WithCoral(nn.Module):
    """A loss of labelled outputs, to which comes the distance of their covariance from that of unlabelled ones.

    The unlabelled outputs stand behind the labelled ones; both are those of the classifier, as in the paper.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self._loss = loss

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """outputs: (n + m, n_classes); labels: (n,) class numbers."""
        labelled, unlabelled = outputs[: len(labels)], outputs[len(labels) :]
        loss: Tensor = self._loss(labelled, labels)
        return loss + coral(labelled, unlabelled)


@dataclass(frozen=True)
class Target:
    """How many unlabelled images training looks at beside its own, and the seed of which it looks at when."""

    number: int
    seed: int

    def partners(self, places: NDArray[np.int64], n_train: int, epoch: int) -> NDArray[np.int64]:
        """One of them for each of the training cases at `places`, of which there are `n_train` in all.

        Each epoch pairs anew; where there are fewer of them, they come several times.
        """
        order = np.random.default_rng(derive(self.seed, "coral", epoch)).permutation(self.number)
        return np.resize(order, n_train)[places]
