"""What a frozen body makes of every image, computed once and shared. Writes the feature cache, says what is damaged."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from bench.locks import one_at_a_time
from bench.plan.spec import RunSpec
from bench.terminal import Terminal

AGREEMENT = 1e-2  # relative; bf16 keeps 8 bits
SECONDS = ".seconds"


@dataclass(frozen=True)
class Features:
    """`values` (n_images, n_features), and how long it took to compute them; None where that was not noted."""

    values: NDArray[np.float32]
    seconds: float | None


class NoFeaturesError(ValueError):
    """The classifier of this backbone is not a linear layer on pooled features."""


class _Body(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return pooled_features(self.model, images)


def load_features(folder: Path, spec: RunSpec, pixels: PixelCache, compute: Callable[[], Features]) -> Features:
    """Of every image, rows as the pixel cache; computed where the cache has none yet, or a damaged file, which is said.

    Exact for what is trained on them, since the body is in evaluation mode and nothing augments. Another worker that
    wants the same waits for the one that computes; where the system has no locks both do, and write the same bytes.
    """
    path = folder / f"{feature_key(spec, pixels)}.npy"
    found = _stored(path)
    if found is None:
        with one_at_a_time(path.with_suffix(".lock")):
            found = _stored(path) or _store(path, compute)
    return found


def _stored(path: Path) -> Features | None:
    stored = read_or_say(path, Terminal(stderr=True).say)
    if stored is None:
        return None
    seconds = read_or_say(path.with_suffix(SECONDS), None)
    return Features(np.load(BytesIO(stored), allow_pickle=False), float(seconds) if seconds else None)


def _store(path: Path, compute: Callable[[], Features]) -> Features:
    computed = compute()
    content = BytesIO()
    np.save(content, computed.values)
    write_sealed(path, content.getvalue())
    write_sealed(path.with_suffix(SECONDS), str(computed.seconds).encode())
    return computed


def pooled(model: nn.Module, images: ImageBatches, n_images: int, autocast: torch.autocast) -> Features:
    """What the frozen body makes of every image.

    Raises:
        NoFeaturesError: it is not one vector an image.
    """
    started = time.perf_counter()
    computed = evaluate(_Body(model), images, list(range(n_images)), autocast)
    seconds = time.perf_counter() - started
    if computed.ndim != 2:
        raise NoFeaturesError(
            f"The body gives features of shape {computed.shape[1:]} for an image, not a vector, so there is no probe."
        )
    return Features(computed, seconds)


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
    if not spec.weights.pretrained:
        parts.append(spec.body_seed)
    if numerics.convolutions != "torch":
        parts += [numerics.convolutions, instruction_set()]
    if numerics.device != "cpu":  # where --fast is other arithmetic
        parts.append(numerics.deterministic)
    if numerics.device == "cuda":
        parts += gpu().values()
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def refuse_other_heads(name: str, model: nn.Module, images: ImageBatches, autocast: torch.autocast) -> None:
    """Raise `NoFeaturesError` where the backbone's head cannot be trained apart."""
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
