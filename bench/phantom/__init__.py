"""Embedded head-CT phantom: synthetic slices of six classes from two sites. Research use only, never diagnosis."""

from typing import TYPE_CHECKING, Any

from bench.phantom.difficulty import CLASSES

if TYPE_CHECKING:
    from bench.phantom.write import write_phantom

__all__ = ["CLASSES", "write_phantom"]


def __getattr__(name: str) -> Any:
    """`write_phantom` is loaded when first needed: scipy and Pillow take a third of a second."""
    if name != "write_phantom":
        raise AttributeError(name)
    from bench.phantom.write import write_phantom

    return write_phantom
