"""Class probabilities of a trained model, and how well they do on the validation part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.execution.batches import evaluation_batches
from bench.scoring import Scores, score

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Validation:
    """Mean cross-entropy and scores of the validation part."""

    loss: float
    scores: Scores


def evaluate(
    module: nn.Module, inputs: Callable[[NDArray[np.int64]], Tensor], rows: Sequence[int], autocast: torch.autocast
) -> NDArray[np.float32]:
    """Outputs (n_rows, width) of `module` in evaluation mode, float32 on the CPU.

    Under autocast stands the module alone, here and elsewhere: images are prepared in fp32 whatever the precision.
    """
    module.eval()
    outputs = []
    with torch.inference_mode():
        for batch, counted in evaluation_batches(rows):
            given = inputs(batch)
            with autocast:
                output = module(given)
            outputs.append(output[:counted].float().cpu().numpy())
    return np.concatenate(outputs)


def probabilities(logits: Logits) -> NDArray[np.float32]:
    """Softmax over classes, computed in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def validation(logits: Logits, labels: NDArray[np.int64]) -> Validation:
    """Scores of logits (n, n_classes) against class numbers (n,)."""
    chosen = probabilities(logits)[np.arange(len(labels)), labels].astype(np.float64)
    loss = -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean()
    return Validation(float(loss), score(labels, logits.argmax(axis=1), logits.shape[1]))
