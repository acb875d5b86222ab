"""Tests on internal predictions alone, shown beside the paired jackknife t, which decides."""

from dataclasses import dataclass

from reports.statistics.corrected_t import ROPE, CorrectedT, RopeProbabilities, corrected_resampled_t, correlated_t
from reports.statistics.jackknife import FEW_SEEDS
from reports.statistics.mcnemar import McNemar, mcnemar
from reports.statistics.metrics.metric import CountMetric
from reports.statistics.pooling import Pooled

TOO_FEW_SEEDS = f"fewer than {FEW_SEEDS} seeds: fold scores of one seed rise and fall together"


@dataclass(frozen=True)
class FoldTests:
    """Of a − b: the corrected resampled t, the probabilities beside the ROPE, and McNemar's test.

    McNemar only of the share of right predictions under a single seed, about these two trained models; pooled over
    seeds it rejects far too often.
    """

    corrected: CorrectedT
    rope: RopeProbabilities
    mcnemar: McNemar | None

    @property
    def known(self) -> bool:
        """Whether any of the tests could be made."""
        return self.mcnemar is not None or self.corrected.p is not None or self.rope.better is not None

    def to_dict(self) -> dict[str, object]:
        return {
            "nadeau_bengio": vars(self.corrected),
            "correlated_t": vars(self.rope),
            "mcnemar": None if self.mcnemar is None else vars(self.mcnemar),
        }


def fold_tests(a: Pooled, b: Pooled, metric: CountMetric) -> FoldTests:
    """Compare two backbones that had the same cases in the same folds under the same seeds.

    With few seeds only McNemar: scores of a seed's folds rise and fall together, which the corrected t does not see.
    """
    differences = (metric.compute(a.of_folds) - metric.compute(b.of_folds)).T
    of_one_seed = _mcnemar(a, b) if len(a.seeds) == 1 and metric.share_right else None
    if len(a.seeds) < FEW_SEEDS:
        mean = float(differences.mean())
        return FoldTests(
            CorrectedT(mean, None, None, None, TOO_FEW_SEEDS),
            RopeProbabilities(mean, ROPE, None, None, None, TOO_FEW_SEEDS),
            of_one_seed,
        )
    return FoldTests(corrected_resampled_t(differences), correlated_t(differences), of_one_seed)


def _mcnemar(a: Pooled, b: Pooled) -> McNemar | None:
    right_a, right_b = a.out_of_fold.correct(), b.out_of_fold.correct()
    if right_a is None or right_b is None:
        return None
    return mcnemar(right_a[:, 0], right_b[:, 0], a.out_of_fold.clusters())
