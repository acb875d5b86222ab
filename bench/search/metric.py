"""Which way a metric goes, and what stands in for it under way. Pure."""

from typing import Literal

from bench.plan.spec import EpochRecord


def direction(metric: str) -> Literal["maximize", "minimize"]:
    """Whether more is better."""
    return "minimize" if metric == "brier" else "maximize"


def epoch_score(metric: str, record: EpochRecord) -> float:
    """What stands in for `metric` under way: accuracy for itself, the loss for the Brier score, else macro F1."""
    if metric == "accuracy":
        return record.val_accuracy
    return record.val_loss if metric == "brier" else record.val_macro_f1
