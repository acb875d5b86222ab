"""Pooling of cases to groups, beside pandas and hand-made cases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics.group_pooling import UNDECIDED, Pool, label_groups, pool_probabilities


def probabilities(n: int, n_classes: int, root: int) -> np.ndarray:
    return np.random.default_rng(root).dirichlet(np.full(n_classes, 0.5), n)


def highest(share: float):
    """The mean of the highest share of a series, by sorting it."""

    def mean(column: pd.Series) -> float:
        number = max(1, int(np.ceil(round(share * len(column), 6))))
        return float(column.sort_values(ascending=False).head(number).mean())

    return mean


@pytest.mark.parametrize(
    ("text", "of_pandas"), [("mean", "mean"), ("max", "max"), *((f"topk:{s}", highest(s)) for s in (0.1, 0.5, 1.0))]
)
@pytest.mark.parametrize("root", [0, 1, 2])
def test_pooled_probabilities_are_those_of_a_groupby(text: str, of_pandas: object, root: int) -> None:
    rng = np.random.default_rng(root)
    group = rng.permutation(np.repeat(np.arange(12), rng.integers(1, 40, 12)))
    values = probabilities(len(group), 4, root)
    expected = pd.DataFrame(values).groupby(group).agg(of_pandas)
    expected = expected.div(expected.sum(axis=1), axis=0).to_numpy()
    assert np.allclose(pool_probabilities(values, group, Pool.parse(text)), expected, atol=1e-12)


@given(st.integers(1, 60), st.sampled_from([0.1, 0.2, 0.3, 0.7]))
def test_the_highest_share_rounds_up_and_decimal_shares_count_as_written(n: int, share: float) -> None:
    """.1 of 30 is 3 cases though .1 · 30 is a little more in binary numbers."""
    number = max(1, -(-round(share * 10) * n // 10))
    first = np.sort(np.random.default_rng(n).random(n))
    values = np.stack([first, 1 - first], axis=1)
    tops = np.array([first[::-1][:number].mean(), np.sort(1 - first)[::-1][:number].mean()])
    assert np.allclose(pool_probabilities(values, np.zeros(n, dtype=int), Pool("topk", share)), tops / tops.sum())


def test_the_order_of_cases_decides_nothing() -> None:
    values, group = probabilities(200, 3, 5), np.arange(200) % 17
    order = np.random.default_rng(6).permutation(200)
    for pool in (Pool(), Pool("max"), Pool("topk", 0.25)):
        assert np.allclose(
            pool_probabilities(values, group, pool), pool_probabilities(values[order], group[order], pool)
        )


def test_by_hand() -> None:
    values, group = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]), np.array([0, 0, 1])
    assert pool_probabilities(values, group, Pool()).tolist() == [
        [pytest.approx(0.55), pytest.approx(0.45)],
        [0.4, 0.6],
    ]
    assert pool_probabilities(values, group, Pool("max"))[0].tolist() == pytest.approx([0.9 / 1.7, 0.8 / 1.7])


def test_labels_by_agreement_then_by_order() -> None:
    label, group = np.array([0, 0, 1, 2, 2, 0, 1]), np.array([0, 0, 1, 1, 2, 2, 3])
    assert label_groups(label, group, 3).tolist() == [0, UNDECIDED, UNDECIDED, 1]
    assert label_groups(label, group, 3, [2, 1, 0]).tolist() == [0, 2, 2, 1]
    assert label_groups(label, group, 3, [1]).tolist() == [0, 1, UNDECIDED, 1]
    assert label_groups(label, group, 3, [0, 1]).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "text", ["median", "topk", "topk:", "topk:0", "topk:1.1", "topk:nan", "mean:2", "", "topk:-.1"]
)
def test_what_is_no_way_of_pooling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be mean, max, or topk: and a share of the cases such as topk:0\.1"):
        Pool.parse(text)
