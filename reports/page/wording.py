"""Names as they stand inside a sentence."""

from __future__ import annotations

from reports.statistics.comparison import PRIMARY
from reports.statistics.probability_metrics import title_of
from reports.tables.row_tables import lower

METRIC = PRIMARY.metric
METRIC_NAME = lower(title_of(METRIC))
"""What backbones are ranked by."""
