"""Features whose results are part of reports; a new one is its room and a line here."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bench.report.feature import Feature

FEATURES: Final[dict[str, str]] = {
    "screen.json": "bench.screen.report:SCREEN",
    "search": "bench.search.report:SEARCH",
    "nondeterminism.json": "bench.nondeterminism.report:NONDETERMINISM",
    "explain": "bench.explain.report:EXPLAIN",
}
"""What a feature leaves in a results folder → module:object. Nothing is imported before it is asked for."""


def all_features() -> "Iterator[Feature]":
    """Every feature, in the order in which reports have them."""
    return map(_feature, FEATURES)


def names_of(root: Path) -> list[str]:
    """The commands that have left something in a results folder."""
    return [left.removesuffix(".json") for left in FEATURES if (root / left).exists()]


def features_of(root: Path) -> "list[Feature]":
    """Those that have left something in a results folder."""
    return [_feature(left) for left in FEATURES if (root / left).exists()]


def _feature(left: str) -> "Feature":
    module, _, name = FEATURES[left].partition(":")
    found: Feature = getattr(import_module(module), name)
    return found
