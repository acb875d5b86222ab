"""Tests on internal predictions alone, shown beside the paired jackknife t, which decides."""

from __future__ import annotations

from dataclasses import dataclass

from reports.corrected_t import CorrectedT, RopeProbabilities, corrected_resampled_t, correlated_t
from reports.mcnemar import McNemar, mcnemar
from reports.metrics import AGGREGATE
from reports.pooling import Pooled


@dataclass(frozen=True)
class FoldTests:
    """Of a − b: the corrected resampled t, the probabilities beside the ROPE, and McNemar's test.

    McNemar only of accuracy under a single seed; pooled over seeds it rejects far too often.
    """

    corrected: CorrectedT
    rope: RopeProbabilities
    mcnemar: McNemar | None

    def to_dict(self) -> dict[str, object]:
        return {
            "nadeau_bengio": vars(self.corrected),
            "correlated_t": vars(self.rope),
            "mcnemar": None if self.mcnemar is None else vars(self.mcnemar),
        }


def fold_tests(a: Pooled, b: Pooled, metric: str) -> FoldTests:
    """Compare two backbones that had the same cases in the same folds under the same seeds."""
    compute = AGGREGATE[metric].compute
    differences = (compute(a.of_folds) - compute(b.of_folds)).T
    one_seed = len(a.seeds) == 1 and metric == "accuracy"
    return FoldTests(
        corrected_resampled_t(differences), correlated_t(differences), _mcnemar(a, b) if one_seed else None
    )


def _mcnemar(a: Pooled, b: Pooled) -> McNemar | None:
    right_a, right_b = a.out_of_fold.correct(), b.out_of_fold.correct()
    return None if right_a is None or right_b is None else mcnemar(right_a[:, 0], right_b[:, 0])
