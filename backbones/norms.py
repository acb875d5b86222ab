"""The batch norms of a model, which keep statistics of the images that it was trained on."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norms(model: nn.Module) -> list[_BatchNorm]:
    """Those that keep running statistics and have a scale and a shift, in the order of the model's parts."""
    return [
        part
        for part in model.modules()
        if isinstance(part, _BatchNorm) and part.affine and part.running_mean is not None
    ]
