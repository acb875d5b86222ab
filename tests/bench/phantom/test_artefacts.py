"""Streaks are fans of rays from dense bone: they fade from their source and do not repeat like a grating."""

import numpy as np

from bench.phantom.artefacts import _ray_profile, head_holder, streaks
from bench.phantom.difficulty import DEFAULT_DIFFICULTY
from bench.phantom.grid import ANGLE, RADIUS, X, Y
from bench.phantom.head import draw_head


def test_streaks_fade_with_the_distance_from_their_source() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        head = draw_head(DEFAULT_DIFFICULTY, rng)
        fan = np.abs(streaks(head, rng))
        assert fan[head.inner_table[ANGLE] + 3 < RADIUS].max() < 1.0
        peak = np.unravel_index(fan.argmax(), fan.shape)
        away = np.hypot(X - X[peak], Y - Y[peak])
        inside = head.inner_table[ANGLE] - 2 > RADIUS
        assert fan[inside & (away < 20)].mean() > 3 * fan[inside & (away > 70)].mean()


def strongest_repeat(profile: np.ndarray) -> float:
    """Largest autocorrelation beyond the width of one ray: 1 for a grating."""
    spectrum = np.abs(np.fft.rfft(profile - profile.mean())) ** 2
    correlation = np.fft.irfft(spectrum)
    lags = correlation[30 : len(correlation) // 2] / correlation[0]
    return float(lags.max())


def test_rays_alternate_without_a_period() -> None:
    grating = np.sin(2 * np.pi * 48 * np.arange(2048) / 2048)
    assert strongest_repeat(grating) > 0.99
    for seed in range(20):
        profile = _ray_profile(np.random.default_rng(seed))
        assert profile.max() > 0.3
        assert profile.min() < -0.3
        assert strongest_repeat(profile) < 0.75


def test_the_head_holder_lies_at_the_bottom_of_the_image() -> None:
    holder = head_holder(220.0, 224, np.random.default_rng(0))
    assert holder[:112].max() == -1000
    assert holder[200:].max() > -200
