"""What a frozen body makes of every image, computed once and shared. Writes the feature cache, says what is damaged."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backbones.build import classifier, pooled_features
from backbones.convolutions.processor import instruction_set
from bench.cached_file import read_or_say, write_sealed
from bench.data.pixel_entry import PixelCache
from bench.execution.batches import ImageBatches
from bench.execution.environment import gpu
from bench.execution.prediction import evaluate
from bench.plan.spec import RunSpec
from bench.terminal import Terminal

AGREEMENT = 1e-2  # relative; bf16 keeps 8 bits


class NoFeaturesError(ValueError):
    """The classifier of this backbone is not a linear layer on pooled features."""


class _Body(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return pooled_features(self.model, images)


def load_features(
    folder: Path, spec: RunSpec, model: nn.Module, pixels: PixelCache, images: ImageBatches, autocast: torch.autocast
) -> NDArray[np.float32]:
    """(n_images, n_features), rows as the pixel cache; computed where the cache has none yet, or a damaged file, which
    is said.

    Exact for the frozen phase, since the body is in evaluation mode and nothing augments. Two workers may compute
    the same file at once; they write the same bytes.

    Raises:
        NoFeaturesError: the backbone's head cannot be trained apart.
    """
    path = folder / f"{feature_key(spec, pixels)}.npy"
    stored = read_or_say(path, Terminal(stderr=True).say)
    if stored is not None:
        found: NDArray[np.float32] = np.load(BytesIO(stored), allow_pickle=False)
        return found
    _refuse_other_heads(spec.backbone, model, images, autocast)
    computed = evaluate(_Body(model), images, list(range(len(pixels.row))), autocast)
    content = BytesIO()
    np.save(content, computed)
    write_sealed(path, content.getvalue())
    return computed


def feature_key(spec: RunSpec, pixels: PixelCache) -> str:
    """Names a feature file by what decides its bytes."""
    numerics = spec.numerics
    parts = [
        spec.backbone,
        spec.weights.digest,
        pixels.key,
        numerics.precision,
        numerics.layout,
        numerics.device,
        numerics.threads,
        torch.__version__,
        torch.backends.cpu.get_cpu_capability(),
    ]
    if numerics.convolutions != "torch":
        parts += [numerics.convolutions, instruction_set()]
    if numerics.device != "cpu":  # where --fast is other arithmetic
        parts.append(numerics.deterministic)
    if numerics.device == "cuda":
        parts += gpu().values()
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _refuse_other_heads(name: str, model: nn.Module, images: ImageBatches, autocast: torch.autocast) -> None:
    head = classifier(model)
    if isinstance(head, nn.Linear):
        model.eval()
        batch = images(np.zeros(1, dtype=np.int64))
        with torch.inference_mode(), autocast:
            apart = cast(Tensor, head(pooled_features(model, batch))).float()
            whole = cast(Tensor, model(batch)).float()
        scale = float(whole.nan_to_num().abs().max())
        if torch.allclose(apart, whole, rtol=AGREEMENT, atol=AGREEMENT * scale, equal_nan=True):
            return
    raise NoFeaturesError(
        f"The classifier of {name} is not one linear layer on pooled features, so it cannot be trained on cached "
        f"features. Set head_epochs = 0 in the recipe (--recipe FILE), or start from --weights random."
    )
