"""What the frozen stages of a backbone make of every image, computed once and shared. Writes the feature cache."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backbones.stages import Body
from bench.cached_array import allocated, open_checked, row_checks
from bench.cached_file import DamagedFileError, claimed, publish, read_or_say, write_sealed
from bench.data.pixel_entry import PixelCache
from bench.errors import BenchError
from bench.execution.batches import EVALUATION_BATCH, ImageBatches, evaluation_batches
from bench.execution.features import feature_key
from bench.locks import one_at_a_time
from bench.plan.spec import RunSpec
from bench.terminal import Terminal

LEAST_LEFT = 2**30
"""Bytes that a new file leaves free on its disk."""


class TooLargeError(BenchError):
    """The features take more place than the disk of the cache has."""


@dataclass(frozen=True)
class Form:
    """How one batch of features lies: its shape behind the images, its type, and whether channels come last in memory.

    What comes out of the cache lies as what came out of the body: the last bits of what follows depend on it.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    channels_last: bool

    @classmethod
    def of(cls, output: Tensor) -> "Form":
        last = (
            output.ndim == 4 and not output.is_contiguous() and output.is_contiguous(memory_format=torch.channels_last)
        )
        return cls(tuple(output.shape[1:]), output.dtype, last)

    def stored(self, output: Tensor) -> NDArray[np.float32]:
        """A batch as it lies in the file; float32 holds every value of bfloat16."""
        rows = output.permute(0, 2, 3, 1) if self.channels_last else output
        array: NDArray[np.float32] = rows.float().cpu().contiguous().numpy()
        return array

    def back(self, rows: NDArray[np.float32], device: torch.device) -> Tensor:
        """The batch that `stored` was given."""
        batch = torch.from_numpy(rows).to(device, self.dtype)
        return batch.permute(0, 3, 1, 2) if self.channels_last else batch


class StageFeatures:
    """Rows of the feature cache as inputs of a tail, rows as the pixel cache has them."""

    def __init__(self, array: NDArray[np.float32], form: Form, device: torch.device) -> None:
        self._array, self._form, self._device = array, form, device

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        return self._form.back(self._array[rows], self._device)


def load_stage_features(
    folder: Path, spec: RunSpec, body: Body, pixels: PixelCache, images: ImageBatches, autocast: torch.autocast
) -> StageFeatures:
    """Features of every image; computed where the cache has none yet or a damaged file, which is said with the size.

    Exact, since the body is in evaluation mode and nothing augments. Batches have one size, since the last bits depend
    on it. Of several workers that need them one computes, the others wait.

    Raises:
        TooLargeError: the disk has too little place.
    """
    say = Terminal(stderr=True).say
    form = Form.of(_outputs(body, images, np.zeros(EVALUATION_BATCH, dtype=np.int64), autocast))
    path = folder / f"{feature_key(spec, pixels)}.stage{spec.recipe.frozen_stages}.npy"
    index = path.with_suffix(".json")
    with one_at_a_time(path.with_suffix(".lock")):
        array = _read(path, index, say)
        if array is None:
            size = 4 * pixels.n_seen * prod(form.shape)
            _refuse_too_large(size, spec, body, folder)
            say(f"{spec.backbone}: the output of {body.end} is kept for {pixels.n_seen} images, {_in_words(size)}.")
            _write(path, index, pixels.n_seen, form, lambda rows: _outputs(body, images, rows, autocast))
            array = _read(path, index, say)
    if array is None:
        raise DamagedFileError(path)
    return StageFeatures(array, form, images.device)


def _outputs(body: Body, images: ImageBatches, rows: NDArray[np.int64], autocast: torch.autocast) -> Tensor:
    body.eval()
    with torch.inference_mode(), autocast:
        output: Tensor = body(images(rows))
    return output


def _read(path: Path, index: Path, say: Callable[[str], None]) -> NDArray[Any] | None:
    """None where there is none or a damaged one."""
    checks = read_or_say(index, say)
    if checks is None:
        return None
    try:
        return open_checked(path, json.loads(checks), np.float32)
    except FileNotFoundError:
        return None
    except DamagedFileError as error:
        say(f"The cached {error.fault}: it is made anew.")
        return None


def _write(path: Path, index: Path, n: int, form: Form, outputs: Callable[[NDArray[np.int64]], Tensor]) -> None:
    with claimed(path) as temporary:
        array = allocated(temporary, (n, *_stored_shape(form)), np.float32)
        for rows, counted in evaluation_batches(range(n)):
            array[rows[:counted]] = form.stored(outputs(rows))[:counted]
        array.flush()
        publish(temporary, path)
        write_sealed(index, json.dumps(row_checks(array)).encode())


def _stored_shape(form: Form) -> Sequence[int]:
    return (*form.shape[1:], form.shape[0]) if form.channels_last else form.shape


def _refuse_too_large(size: int, spec: RunSpec, body: Body, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size + LEAST_LEFT > free:
        raise TooLargeError(
            f"The output of {body.end} of {spec.backbone} for all images takes {_in_words(size)}, and {folder} has "
            f"{_in_words(free)} free, of which {_in_words(LEAST_LEFT)} stay so. Make room, set GAPBENCH_CACHE to a "
            f"larger disk, freeze more stages (--freeze), or take smaller images (--image-size)."
        )


def _in_words(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
