"""Importance maps of a model's images, by pytorch-grad-cam."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from backbones.cam_layers import CamLayer, cut_below

METHODS: dict[str, Any] = {
    "gradcam": GradCAM,
    "gradcam++": GradCAMPlusPlus,
    "hirescam": HiResCAM,
    "layercam": LayerCAM,
    "eigencam": EigenCAM,
}


class Cam:
    """Maps of one model by one method; a context manager, since it hooks into the model.

    Only what lies above the layer is differentiated, so that a map costs little more than a prediction.
    """

    def __init__(self, model: nn.Module, layer: CamLayer, method: str) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(cut_below(model, layer))  # before the library's hooks, which then see the leaf
        self._cam = METHODS[method](model, [model.get_submodule(layer.name)], reshape_transform=layer.as_map)
        if method == "eigencam":
            self._cam.get_cam_image = lambda *about: first_component(about[3])
        self._stack.callback(self._cam.activations_and_grads.release)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __call__(self, images: Tensor, classes: Sequence[int]) -> NDArray[np.float32]:
        """(n, size, size) between 0 and 1 for normalised images (n, 3, size, size), each for the class given.

        The highest place of a map is 1; all are 0 where nothing speaks for the class.
        """
        maps: NDArray[np.float32] = self._cam(input_tensor=images, targets=[*map(ClassifierOutputTarget, classes)])
        return np.nan_to_num(maps, copy=False)


def first_component(activations: NDArray[np.float32]) -> NDArray[np.float32]:
    """Activations (n, channels, height, width) along their first principal component over places: (n, height, width).

    The library's own takes the sign as it comes, though a singular vector has none of its own; here the place furthest
    from 0 is positive (Chung & Ying 2025, eq. 13), and only the components that exist are computed.
    """
    flat = activations.reshape(*activations.shape[:2], -1).swapaxes(1, 2)
    left, strength, _ = np.linalg.svd(flat - flat.mean(1, keepdims=True), full_matrices=False)
    maps = left[..., 0] * strength[:, :1]
    sign = np.where(maps.max(1) >= -maps.min(1), 1, -1)
    return np.asarray((maps * sign[:, None]).reshape(-1, *activations.shape[2:]), dtype=np.float32)
