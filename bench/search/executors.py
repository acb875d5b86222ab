"""Executors and pixels for each image size that a search comes to. Reads internal images; starts and ends processes."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.images import PixelSettings
from bench.data.load import Dataset, load_dataset
from bench.data.readers import DataRequest
from bench.engine.conduct import executor_for
from bench.execution.executor import Executor
from bench.execution.resources import Workshop
from bench.plan.spec import RunSpec


class Executors:
    """Made when first needed, kept warm until the end. `request` asks for internal images only."""

    def __init__(self, experiment: Experiment, request: DataRequest, caches: Caches, dataset: Dataset) -> None:
        self._experiment, self._request, self._caches = experiment, request, caches
        self._datasets = {dataset.settings.image_size: dataset}
        self._executors: dict[int, Executor] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def pixels(self, image_size: int) -> PixelSettings:
        """Pixel settings of the cases at that size."""
        return self._dataset(image_size).settings

    def executor(self, specs: Sequence[RunSpec]) -> Executor:
        """For runs of one image size."""
        size = specs[0].pixels.image_size
        if size not in self._executors:
            workshop = Workshop(self._caches, self._dataset(size).pixels)
            self._executors[size] = self._stack.enter_context(executor_for(self._experiment, workshop, specs))
        return self._executors[size]

    def _dataset(self, size: int) -> Dataset:
        if size not in self._datasets:
            self._datasets[size] = load_dataset(
                self._request,
                replace(self._experiment.pixels, image_size=size),
                self._caches,
                renaming=self._experiment.classes,
                declared=self._experiment.class_order,
                skip_unreadable=self._experiment.skip_unreadable,
                max_pixels=self._experiment.max_pixels,
            )
        return self._datasets[size]
