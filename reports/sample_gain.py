"""Sample gain: how many times more test cases the seeds are worth.

The notion is that of Eve, Varoquaux & Moreau (2026, arXiv 2606.12552): splits repeated over the same cases lower the
variance of a score as further test cases would. The definition and the estimator here are this project's own. With
variance components of correctness (right 1, wrong 0) between cases, between seeds (common to all cases of a seed) and
of case × seed,

    Var(S) = σ²_case/N + σ²_seed/S + σ²_within/(N·S),   gain(S) = Var(1)/Var(S),   effective cases = N·gain(S)

Var(S) is that of the accuracy over N cases, averaged over S seeds, when both cases and seeds are drawn anew. N·gain is
the size at which a variance falling as 1/N reaches Var(S); where σ²_seed > 0 one seed would need more cases than that,
since no number of cases takes its variance below σ²_seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.margins import Flags

ONE_SEED = "one seed: the variance between cases and that within them are not separable"
ONE_CASE = "one case: the variance between seeds and that within them are not separable"
NOTHING_VARIES = "every prediction is right, or every one wrong: nothing varies"


@dataclass(frozen=True)
class VarianceComponents:
    """Variances of correctness between cases, between seeds, and of case × seed."""

    case: float
    seed: float
    within: float

    def of_mean(self, n_cases: int, n_seeds: int) -> float:
        """The variance of the mean over that many cases and seeds, every case under every seed."""
        return self.case / n_cases + self.seed / n_seeds + self.within / (n_cases * n_seeds)


@dataclass(frozen=True)
class SampleGain:
    """The gain of the seeds there are, and by what share the next one would raise it: gain(S+1)/gain(S) − 1.

    The numbers are None where they are not defined, and `reason` then says why.
    """

    components: VarianceComponents | None
    gain: float | None
    effective_cases: float | None
    next_seed: float | None
    reason: str | None = None

    def to_dict(self) -> dict[str, object]:
        components = None if self.components is None else vars(self.components)
        return {**vars(self), "components": components}


def sample_gain(correct: Flags) -> SampleGain:
    """The sample gain of one backbone from its correctness: (n_cases, n_seeds), every case under every seed.

    Cases are taken as independent; where patients have several, the gain is not that of patients. Raises ValueError
    on anything but a boolean matrix with a case and a seed.
    """
    _check(correct)
    n_cases, n_seeds = correct.shape
    if n_seeds == 1 or n_cases == 1:
        return SampleGain(None, None, None, None, ONE_SEED if n_seeds == 1 else ONE_CASE)
    components = variance_components(correct)
    one, now, then = (components.of_mean(n_cases, n) for n in (1, n_seeds, n_seeds + 1))
    if one == 0:
        return SampleGain(components, None, None, None, NOTHING_VARIES)
    return SampleGain(components, one / now, n_cases * one / now, now / then - 1)


def variance_components(correct: Flags) -> VarianceComponents:
    """Components by the method of moments: two-way random-effects ANOVA, cases × seeds without replication.

    With mean squares MS: σ²_within = MS_within, σ²_case = (MS_case − MS_within)/S, σ²_seed = (MS_seed − MS_within)/N,
    negative ones set to 0 (Searle, Casella & McCulloch 1992, ch. 4). correct: (n_cases, n_seeds). Raises ValueError
    on anything but a boolean matrix of two cases and two seeds or more.
    """
    _check(correct)
    n_cases, n_seeds = correct.shape
    if n_cases == 1 or n_seeds == 1:
        raise ValueError(f"Components need two cases and two seeds, not {n_cases} and {n_seeds}.")
    # N·S times each sum of squares is a whole number, so a variance of 0 comes out as 0.
    n = n_cases * n_seeds
    total = int(np.count_nonzero(correct))
    cases = n_cases * int(np.square(np.count_nonzero(correct, axis=1)).sum())
    seeds = n_seeds * int(np.square(np.count_nonzero(correct, axis=0)).sum())
    ms_case = (cases - total**2) / (n * (n_cases - 1))
    ms_seed = (seeds - total**2) / (n * (n_seeds - 1))
    ms_within = (n * total - cases - seeds + total**2) / (n * (n_cases - 1) * (n_seeds - 1))
    return VarianceComponents(
        case=max(0.0, (ms_case - ms_within) / n_seeds),
        seed=max(0.0, (ms_seed - ms_within) / n_cases),
        within=ms_within,
    )


def _check(correct: Flags) -> None:
    if correct.ndim != 2 or not correct.size:
        raise ValueError(f"Correctness is (n_cases, n_seeds), not {correct.shape}.")
    if correct.dtype != np.bool_:
        raise ValueError(f"Correctness is boolean, not {correct.dtype}.")
