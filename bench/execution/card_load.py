"""Measures what training takes of a card. Asks CUDA."""

from collections.abc import Callable
from typing import Any, cast

import torch

from bench.execution.executor import CardLoad
from bench.execution.setup import finish, free_memory

BARE_CONTEXT = 500e6
"""Bytes that CUDA takes for a process before anything is loaded; the process itself cannot see them."""
WAIT = 200_000_000  # cycles of the card, about a tenth of a second: by then a step's work is queued
TURNS = 3


class CardMeter:
    """Begun before a model is built; then asked about a step of it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        free_memory()
        torch.cuda.reset_peak_memory_stats(device)
        self._free, _ = torch.cuda.mem_get_info(device)
        self._reserved = torch.cuda.memory_reserved(device)

    def load(self, step: Callable[[], object], seconds: float) -> CardLoad:
        """Of a step that has been taken before and takes so many seconds."""
        busy = self._busy(step)
        free, total = torch.cuda.mem_get_info(self._device)
        reserved = torch.cuda.memory_reserved(self._device)
        libraries = max(0, self._free - free - (reserved - self._reserved))
        context = BARE_CONTEXT + libraries
        peak = torch.cuda.max_memory_reserved(self._device)
        return CardLoad(peak, context, free + reserved + context, total, seconds, busy)

    def _busy(self, step: Callable[[], object]) -> float:
        """Seconds that the card computes for a step. The work is queued behind a wait, so that the card does not wait
        for the processor within it.
        """
        cuda, least = cast(Any, torch.cuda), float("inf")
        for _ in range(TURNS):
            begun, done = (cuda.Event(enable_timing=True) for _ in range(2))
            finish(self._device)
            cuda._sleep(WAIT)
            begun.record()
            step()
            done.record()
            finish(self._device)
            least = min(least, begun.elapsed_time(done) / 1000)
        return least
