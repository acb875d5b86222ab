"""Digests of a training as it went. Torch-free."""

from dataclasses import dataclass
from typing import Literal

Stage = Literal["start", "head", "full"]
"""Before the first step; while the classifier trains on cached features; while everything trains."""

EVERY_STEP_UP_TO = 20


@dataclass(frozen=True)
class TracePoint:
    """The state after a step. `step` counts from 1 over the whole run; digests are those of `tensors`, in order."""

    stage: Stage
    epoch: int
    step: int
    tensors: tuple[str, ...]
    digests: tuple[int, ...]


Trace = tuple[TracePoint, ...]
