"""The scanner's geometry and noise, against their definitions."""

import numpy as np
import pytest
from scipy import fft

from bench.phantom.acquisition import IMAGE_PX, Position, _noise_spectrum
from bench.phantom.grid import COLS, ROWS, weighted_sums


@pytest.mark.parametrize("cutoff", [0.22, 0.3, 0.42])
def test_noise_has_the_stated_standard_deviation(cutoff: float) -> None:
    noise = fft.irfft2(_noise_spectrum(cutoff, np.random.default_rng(0)), s=(IMAGE_PX, IMAGE_PX))
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(1, rel=0.03)
    assert abs(noise.mean()) < 0.01


@pytest.mark.parametrize("degrees", [0.0, 10.0, -25.0])
def test_a_point_of_the_head_lands_where_rotation_and_offset_put_it(degrees: float) -> None:
    x, y = 40.5, -60.5
    plane = np.zeros((ROWS, COLS), np.float32)
    plane[int(y + ROWS / 2), int(x + COLS / 2)] = 1
    position = Position(pixel_mm=0.95, rotation=np.deg2rad(degrees), centre_x=3.0, centre_y=-2.0)
    image = position.resample(plane, 0.0).astype(float)
    rows, columns = np.indices(image.shape)
    found = [float((axis * image).sum() / image.sum()) for axis in (columns, rows)]
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = (cosine * x - sine * y + 3.0, sine * x + cosine * y - 2.0)
    expected = [mm / 0.95 + (IMAGE_PX - 1) / 2 for mm in turned]
    assert found == pytest.approx(expected, abs=0.3)


def test_weighted_sums_are_the_matrix_product() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((7, 5)), rng.standard_normal((5, 9))
    product = weighted_sums(left.astype(np.float32), right.astype(np.float32))
    assert product == pytest.approx(left @ right, abs=1e-5)
