"""Which way a metric goes, and what stands in for it under way. Pure."""

from typing import Literal

from bench.plan.spec import EpochRecord
from reports.statistics.metrics import METRICS


def direction(metric: str) -> Literal["maximize", "minimize"]:
    """Whether more is better."""
    return "maximize" if METRICS[metric].higher_is_better else "minimize"


def epoch_score(metric: str, record: EpochRecord) -> float:
    """What stands in for a metric under way: itself where epochs have it, the loss if less is better, else macro F1."""
    if not METRICS[metric].higher_is_better:
        return record.val_loss
    return float(getattr(record, f"val_{metric}", record.val_macro_f1))
