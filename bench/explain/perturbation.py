"""What a model makes of images whose pixels are taken away or shown in a given order."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from bench.execution.run import PreparedRun
from reports.explanation.measures import Maps, fractions, order
from reports.explanation.subject import CURVES
from reports.statistics.confusion_counts import Floats

BLUR = 0.1  # sd of the side
DELETION, INSERTION = CURVES


def curves(
    run: PreparedRun,
    rows: NDArray[np.int64],
    targets: NDArray[np.int64],
    maps: Maps,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Deletion and insertion: the probability of the target class of each image, (n, n_steps + 1) each.

    Pixels that are not shown are those of the blurred image: black or grey ones would be an image that no model has
    seen. The model predicts in the precision that it was trained in; images are blurred in fp32, since for so large a
    depthwise kernel in bf16 oneDNN generates code for minutes.
    """
    ranks = np.argsort(order(maps, rng), axis=1)  # the place of each pixel in the order
    found: dict[str, list[list[float]]] = {DELETION: [], INSERTION: []}
    run.model.eval()
    with torch.inference_mode():
        for row, target, rank in zip(rows, targets, ranks, strict=True):
            image = run.images(np.array([row]))
            side = image.shape[-1]
            shown = torch.from_numpy(rank).view(1, 1, side, side).to(image.device)
            counts = torch.from_numpy(np.rint(fractions() * side**2)).to(image.device).view(-1, 1, 1, 1)
            important, blurred = shown < counts, _blurred(image)
            for measure, visible in ((DELETION, ~important), (INSERTION, important)):
                partly = torch.where(visible, image, blurred)
                with run.autocast:
                    logits = run.model(partly)
                found[measure].append(logits.float().softmax(1)[:, int(target)].tolist())
    return {measure: np.array(curve) for measure, curve in found.items()}


def _blurred(image: Tensor) -> Tensor:
    side = image.shape[-1]
    kernel = min(2 * round(2 * BLUR * side) + 1, (side - 1) // 2 * 2 + 1)
    blurred: Tensor = gaussian_blur(image, [kernel, kernel], [BLUR * side, BLUR * side])
    return blurred
