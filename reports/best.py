"""How probable it is, by the bootstrap, that each backbone is the best."""

from __future__ import annotations

import numpy as np

from reports.margins import TIE, Floats


def probability_of_best(resampled: Floats) -> Floats:
    """The share of resamples in which each backbone has the highest value: (n_backbones,), summing to 1.

    resampled: (n_backbones, n_resamples), all from the same draws of seeds and cases. A resample in which several
    are highest counts for each of them in equal parts. Raises ValueError unless values are finite and there is one.
    """
    if resampled.ndim != 2 or not resampled.size:
        raise ValueError(f"Values are (n_backbones, n_resamples), not {resampled.shape}.")
    if not np.isfinite(resampled).all():
        raise ValueError("Resampled values are finite numbers.")
    highest = resampled >= resampled.max(0) - TIE
    return np.asarray((highest / highest.sum(0)).mean(1), dtype=np.float64)
