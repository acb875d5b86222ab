"""Areas below curves against scikit-learn, and the order of pixels."""

import numpy as np
import pytest
from sklearn.metrics import auc

from reports.explanation.perturbation import area, fractions, order


def test_the_area_is_that_of_trapezoids() -> None:
    curves = np.random.default_rng(0).random((5, len(fractions())))
    assert area(curves) == pytest.approx([auc(fractions(), curve) for curve in curves])
    assert area(np.ones((1, len(fractions())))).tolist() == [1.0]


def test_the_most_important_pixels_come_first_and_equal_ones_in_random_order() -> None:
    maps = np.array([[[0.1, 0.9], [0.5, 0.0]]], dtype=np.float32)
    assert order(maps, np.random.default_rng(0)).tolist() == [[1, 2, 0, 3]]
    same = np.zeros((50, 2, 2), dtype=np.float32)
    first = order(same, np.random.default_rng(0))[:, 0]
    assert set(first.tolist()) == {0, 1, 2, 3}
