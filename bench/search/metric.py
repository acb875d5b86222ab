"""Which way a metric goes, what it is of a run, and what stands in for it under way. Reads runs."""

from typing import Literal

import numpy as np

from bench.plan.spec import EpochRecord
from bench.scoring import class_numbers
from bench.store.runs import StoredRun
from reports.statistics.metrics import METRICS, searchable


def direction(metric: str) -> Literal["maximize", "minimize"]:
    """Whether more is better."""
    return "maximize" if METRICS[metric].higher_is_better else "minimize"


def epoch_score(metric: str, record: EpochRecord) -> float:
    """What stands in for a metric under way: itself where epochs have it, the loss if less is better, else macro F1."""
    if not METRICS[metric].higher_is_better:
        return record.val_loss
    return float(getattr(record, f"val_{metric}", record.val_macro_f1))


def run_score(metric: str, run: StoredRun) -> float:
    """The metric on the cases that a run held out."""
    labels = class_numbers(run.predictions()["label"], run.record.spec.classes)
    return searchable()[metric].score(run.probabilities().astype(np.float64), labels)
