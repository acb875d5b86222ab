"""Executors and pixels for each image size that a search comes to. Reads internal images; starts and ends processes."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from bench.data.images import PixelSettings
from bench.data.load import Dataset
from bench.engine.execute import executor_for
from bench.engine.images import load_images, of_size
from bench.engine.prepare import Prepared
from bench.execution.executor import Executor
from bench.execution.resources import Resources
from bench.plan.plan import Part
from bench.plan.spec import RunSpec


class Executors:
    """Made when first needed, kept warm until the end."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._datasets = {prepared.dataset.settings.image_size: prepared.dataset}
        self._executors: dict[int, Executor] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def pixels(self, image_size: int, part: Part) -> PixelSettings:
        """Pixel settings of a part's cases at that size."""
        dataset = self._dataset(image_size)
        return part.seen(dataset.settings, dataset.pixels.order)

    def executor(self, specs: Sequence[RunSpec]) -> Executor:
        """For runs of one image size."""
        size = specs[0].pixels.image_size
        if size not in self._executors:
            resources = Resources(self._prepared.caches, self._dataset(size).pixels)
            made = executor_for(self._prepared.experiment, resources, specs)
            self._executors[size] = self._stack.enter_context(made)
        return self._executors[size]

    def _dataset(self, size: int) -> Dataset:
        if size not in self._datasets:
            prepared = self._prepared
            settings = of_size(prepared.experiment, size)
            self._datasets[size] = load_images(prepared.request, prepared.experiment, prepared.caches, settings)
        return self._datasets[size]
