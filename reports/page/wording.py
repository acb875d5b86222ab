"""Names as they stand inside a sentence."""

from __future__ import annotations

from reports.statistics.comparison import PRIMARY
from reports.statistics.probability_metrics import title_of
from reports.tables.row_tables import lower

METRIC = PRIMARY.metric
METRIC_NAME = lower(title_of(METRIC))
"""What backbones are ranked by."""


def site_name(site: str) -> str:
    """A site; that of a tree with a single folder `external` has no name of its own."""
    return "the external site" if site == "external" else site
