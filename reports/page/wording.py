"""Names as they stand inside a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from reports.comparison import PRIMARY
from reports.probability_metrics import title_of
from reports.row_tables import lower

METRIC = PRIMARY.metric
METRIC_NAME = lower(title_of(METRIC))
"""What backbones are ranked by."""


def site_name(site: str) -> str:
    """A site; that of a tree with a single folder `external` has no name of its own."""
    return "the external site" if site == "external" else site


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`, or the first ones and how many more."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return "".join(shown) if len(shown) < 2 else f"{', '.join(shown[:-1])} and {shown[-1]}"
