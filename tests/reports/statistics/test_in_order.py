"""Steps in threads give their results in order, and the number of threads changes no number."""

import threading
import time

import numpy as np
import pytest

from reports.statistics import in_order as module
from reports.statistics.bootstrap import Draws, resample
from reports.statistics.confusion_counts import count_confusions
from reports.statistics.in_order import in_order
from reports.statistics.metrics.of_counts import macro_f1


@pytest.mark.parametrize("cores", [1, 3])
def test_results_come_in_order_and_few_items_are_taken_ahead(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: cores)
    taken: list[int] = []

    def items():
        for item in range(20):
            taken.append(item)
            yield item

    def slow_at_first(item: int) -> tuple[int, int]:
        time.sleep(0.02 / (1 + item))
        return item, threading.get_ident()

    found = []
    for result in in_order(slow_at_first, items()):
        found.append(result)
        assert len(taken) - len(found) <= cores
    assert [item for item, _ in found] == list(range(20))
    assert (threading.get_ident() in {thread for _, thread in found}) == (cores == 1)


def test_an_error_of_a_step_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 / item, [2, 1, 0, 1]))


def test_threads_and_neighbours_change_no_resample(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, draws = np.random.default_rng(0), Draws(0, 700)
    sizes = {"n_clusters": 50, "n_seeds": 2, "n_classes": 3}
    codes = [np.repeat(np.arange(50), 2), np.tile([0, 1], 50)]
    counts = [count_confusions(*codes, *rng.integers(0, 3, (2, 100)), **sizes) for _ in range(3)]

    def resampled(chosen, cores: int):
        monkeypatch.setattr(module, "_cores", lambda: cores)
        statistics = [lambda counts: {"f1": macro_f1(counts)}] * len(chosen)
        weights = draws.cluster_weights("internal", np.zeros(50, dtype=np.int64))
        return [one["f1"] for one in resample(chosen, statistics, draws.seed_weights([0, 1]), weights)]

    alone = [resampled([one], 1)[0] for one in counts]
    for cores in (1, 4):
        for one, expected in zip(resampled(counts, cores), alone, strict=True):
            np.testing.assert_array_equal(one, expected)
    monkeypatch.setattr("reports.statistics.bootstrap._WIDE", 1)
    for one, expected in zip(resampled(counts, 2), alone, strict=True):
        np.testing.assert_array_equal(one, expected)
