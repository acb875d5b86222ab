"""Holm's adjustment against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from reports.statistics.comparison import holm


@pytest.mark.parametrize("n", [1, 2, 7, 45])
@pytest.mark.parametrize("root", range(4))
def test_it_is_that_of_statsmodels_ties_included(n: int, root: int) -> None:
    rng = np.random.default_rng([n, root])
    p = np.round(rng.random(n) ** 4, int(rng.integers(1, 5)))  # some are tied, some 0
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
