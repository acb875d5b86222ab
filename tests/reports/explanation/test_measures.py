"""What maps are worth: against plain loops and scikit-learn."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import auc, jaccard_score

from reports.explanation.measures import (
    THRESHOLDS,
    area,
    best_threshold,
    centre_prior,
    energy,
    fractions,
    inside,
    order,
    overlaps,
    pointing,
    threshold_of_others,
)

MAP = np.array([[[0.0, 0.2], [0.3, 0.5]]], dtype=np.float32)


def test_energy_is_the_share_of_the_map_on_the_lesion() -> None:
    half_covered = np.array([[[1.0, 0.0], [0.0, 0.5]]], dtype=np.float32)
    assert energy(MAP, half_covered) == pytest.approx([0.25])
    assert energy(MAP, np.ones_like(MAP)) == pytest.approx([1.0])


def test_a_map_of_zeros_counts_as_one_that_is_the_same_everywhere() -> None:
    coverage = np.array([[[1.0, 0.5], [0.0, 0.0]]], dtype=np.float32)
    nothing, everywhere = np.zeros_like(coverage), np.full_like(coverage, 0.7)
    assert energy(nothing, coverage) == pytest.approx([0.375])
    assert energy(everywhere, coverage) == pytest.approx([0.375])
    assert pointing(nothing, inside(coverage)) == pytest.approx([0.5])
    assert overlaps(nothing, inside(coverage))[0] == pytest.approx(np.full(len(THRESHOLDS), 0.5))


def test_the_pointing_game_asks_for_the_highest_pixel() -> None:
    lesions = np.array([[[False, True], [True, False]], [[False, False], [False, True]]])
    assert pointing(np.repeat(MAP, 2, axis=0), lesions).tolist() == [0.0, 1.0]
    two_highest = np.array([[[1.0, 1.0], [0.0, 0.0]]], dtype=np.float32)
    assert pointing(two_highest, lesions[:1]).tolist() == [0.5]


def test_overlap_is_the_jaccard_index_at_each_threshold() -> None:
    rng = np.random.default_rng(0)
    maps, lesions = rng.random((4, 9, 9)).astype(np.float32), rng.random((4, 9, 9)) < 0.3
    found = overlaps(maps, lesions)
    for number, (one, lesion) in enumerate(zip(maps, lesions, strict=True)):
        for place, threshold in enumerate(THRESHOLDS):
            region = one >= threshold * one.max()
            assert found[number, place] == pytest.approx(jaccard_score(lesion.ravel(), region.ravel()))


def test_no_case_takes_part_in_choosing_its_threshold() -> None:
    """Patient 0 alone would choose threshold 0, the two others threshold 1, which patient 0 therefore gets."""
    overlap = np.array([[0.9, 0.0, 0.0], [0.8, 0.0, 0.1], [0.0, 0.5, 0.4], [0.0, 0.6, 0.4]])
    cluster = np.array([7, 7, 3, 5])
    assert threshold_of_others(overlap, cluster).tolist() == [1, 1, 0, 0]
    assert best_threshold(overlap) == 0
    assert threshold_of_others(overlap[:2], cluster[:2]).tolist() == [0, 0]


def test_a_lesion_thinner_than_a_pixel_still_has_pixels() -> None:
    coverage = np.array(
        [[[0.6, 0.5], [0.4, 0.0]], [[0.3, 0.2], [0.1, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], dtype=np.float32
    )
    assert inside(coverage).tolist() == [
        [[True, True], [False, False]],
        [[True, True], [False, False]],
        [[False, False], [False, False]],
    ]


def test_the_centre_prior_is_a_normal_bump_in_the_middle() -> None:
    prior = centre_prior(8)
    assert prior == pytest.approx(prior[::-1, ::-1])
    ratio = norm.pdf(0.4375, scale=0.25) / norm.pdf(0.0625, scale=0.25)
    assert prior[0, 4] / prior[3, 4] == pytest.approx(ratio, rel=1e-5)


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
