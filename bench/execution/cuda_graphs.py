"""Records work on a card as a CUDA graph. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor


class CudaGraphs:
    """A `StepRecorder`. Its graphs share memory, since each is done with it when its replay ends.

    What is computed and what is recorded uses one stream of its own, since autograd ties gradients to the stream on
    which they were first made.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = cast(Any, torch.cuda).Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def compute(self, work: Callable[[], Tensor]) -> Tensor:
        outside = torch.cuda.current_stream()
        self._stream.wait_stream(outside)
        with torch.cuda.stream(self._stream):
            found = work()
        outside.wait_stream(self._stream)
        return found

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        graph, outside = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
                found = work()
        finally:
            torch.cuda.set_stream(outside)  # where recording fails, torch leaves its own
        return graph.replay, found
