"""Grey values on the scale of the training images: hand-worked landmarks, and percentiles by their definition."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs
from numpy.typing import NDArray

from bench.cache import Caches
from bench.execution.adaptation.histogram import PERCENTILES, landmarks, standard_of, table
from bench.execution.adaptation.standardised import Standardised
from bench.execution.image_source import FromFile
from bench.execution.run import PreparedRun

CPU = torch.device("cpu")


def image(*values: int) -> NDArray[np.uint8]:
    """One row of pixels in one channel."""
    return np.array(values, dtype=np.uint8).reshape(1, -1, 1)


def test_landmarks_are_percentiles_of_the_foreground_by_their_definition() -> None:
    rng = np.random.default_rng(3)
    for size in (7, 100, 1000):
        pixels = rng.integers(0, 256, (size, 2, 3)).astype(np.uint8)
        for channel, found in enumerate(landmarks(pixels)):
            values = np.sort(pixels[..., channel].ravel())
            foreground = values[values > values.mean()]
            expected = [foreground[max(math.ceil(p * len(foreground) / 100), 1) - 1] for p in PERCENTILES]
            assert found.tolist() == expected


def test_hand_worked_landmarks() -> None:
    # half the pixels black: the mean is 52.5, and the foreground 60, 70, … 150 has deciles 60, 70, …
    pixels = image(*[0] * 10, *range(60, 160, 10))
    assert landmarks(pixels)[0].tolist() == [60, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150]


def test_the_standard_is_the_mean_of_landmarks_stretched_to_one_range() -> None:
    first, second = np.linspace(50, 150, 11)[None], np.array([[20.0, *np.linspace(40, 120, 9), 220]])
    # ranges 50–150 and 20–220 average to 35–185; the second's 40 lies a tenth on its way: 35 + 0.1 × 150 = 50
    standard = standard_of([first, second])[0]
    assert standard[[0, -1]].tolist() == [35, 185]
    assert standard[1] == pytest.approx((50 + (35 + 0.1 * 150)) / 2)
    assert standard[5] == pytest.approx((110 + (35 + 60 / 200 * 150)) / 2)


def test_images_without_a_range_do_not_count_in_the_standard() -> None:
    flat, empty = np.full((1, 11), 200.0), np.full((1, 11), np.nan)
    known = np.linspace(50, 150, 11)[None]
    assert np.array_equal(standard_of([flat, known, empty]), known)
    assert np.isnan(standard_of([flat, empty])).all()


def test_grey_values_go_to_the_standard_linearly_between_landmarks() -> None:
    own, standard = np.linspace(100, 200, 11)[None], np.linspace(50, 150, 11)[None]
    to = table(own, standard)[0]
    assert [to[level] for level in (0, 50, 100, 105, 150, 200, 255)] == [0, 25, 50, 55, 100, 150, 255]
    assert (np.diff(to.astype(int)) >= 0).all()


def test_landmarks_that_coincide_go_to_the_mean_of_theirs() -> None:
    own = np.array([[100.0] * 5 + [200.0] * 6])
    standard = np.array([[10.0, 20, 30, 40, 50, 100, 110, 120, 130, 140, 150]])
    assert table(own, standard)[0][[100, 200]].tolist() == [30, 125]


@pytest.mark.parametrize("own", [np.nan, 7.0])
def test_an_image_or_a_standard_without_landmarks_changes_nothing(own: float) -> None:
    own_of, standard = np.full((1, 11), own), np.full((1, 11), np.nan)
    assert table(own_of, standard)[0].tolist() == list(range(256))
    assert table(np.full((1, 11), np.nan), np.full((1, 11), 9.0))[0].tolist() == list(range(256))


def test_images_of_one_grey_become_those_of_the_training_site() -> None:
    """A site whose images are half as bright and lifted: after standardisation they are what they were."""
    rng = np.random.default_rng(1)
    inside = rng.integers(0, 200, (6, 16, 16, 3)).astype(np.uint8) + 40
    inside[:, :8] = 0
    outside = np.where(inside, inside // 2 + 10, 0).astype(np.uint8)
    source = FromFile(np.concatenate([inside, outside]), CPU)
    seen = Standardised(source, np.arange(6))
    before = np.abs(inside[3].astype(int) - outside[3]).mean()
    after = np.abs(seen(np.array([3])).numpy().astype(int) - seen(np.array([9])).numpy()).mean()
    assert after < before / 5


def test_each_image_is_changed_by_its_own_landmarks_alone() -> None:
    """What comes of an image does not depend on what else is asked for, so nothing is taken from other sites."""
    images = np.random.default_rng(2).integers(0, 256, (8, 8, 8, 3)).astype(np.uint8)
    training = np.array([0, 1, 2])
    together = Standardised(FromFile(images, CPU), training)(np.array([7, 3, 4, 7]))
    alone = Standardised(FromFile(images[[0, 1, 2, 7]], CPU), training)(np.array([3]))
    assert torch.equal(together[0], alone[0])
    assert torch.equal(together[3], together[0])
    tables = [table(landmarks(one), Standardised(FromFile(images, CPU), training).standard) for one in images[[7, 3]]]
    for of_image, found, pixels in zip(tables, together, images[[7, 3]], strict=False):
        for channel in range(3):
            assert np.array_equal(of_image[channel][pixels[..., channel]], found[..., channel].numpy())


def test_a_run_fits_the_scale_to_its_own_training_cases(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    pixels = resources.pixels.open()
    for spec in specs:
        run = PreparedRun(replace(spec, adaptation="histogram"), resources)
        standard = standard_of([landmarks(pixels[row]) for row in run.rows(spec.train)])
        row = run.rows(spec.external)[:1]
        to = table(landmarks(pixels[row[0]]), standard)
        expected = np.stack([to[channel][pixels[row[0]][..., channel]] for channel in range(3)])
        plain = PreparedRun(spec, resources).images
        plain._source = FromFile(expected.transpose(1, 2, 0)[None], CPU)
        assert torch.equal(run.images(row), plain(np.array([0])))
