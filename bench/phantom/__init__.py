"""Embedded head-CT phantom: synthetic slices of six classes from two sites. Research use only, never diagnosis."""

from collections.abc import Callable
from pathlib import Path

from bench.phantom.difficulty import CLASSES

__all__ = ["CLASSES", "write_phantom"]


def write_phantom(
    out: Path,
    *,
    cases: int = 600,
    external_cases: int = 240,
    seed: int = 0,
    workers: int | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> None:
    """Write a phantom into `out`; see `bench.phantom.write.write_phantom`, loaded when first needed."""
    from bench.phantom.write import write_phantom as write  # scipy and Pillow take a third of a second

    write(out, cases=cases, external_cases=external_cases, seed=seed, workers=workers, on_done=on_done)
