"""Artefacts that belong to the scanned object: beam hardening, streaks from dense bone, the head holder."""

import numpy as np

from bench.phantom.grid import ANGLE, RADIUS, Plane, X, Y, at, bump, draw, polar, soft_step
from bench.phantom.head import SKULL_BASE, Head
from bench.phantom.sites import Site

_RAYS = 2048  # directions told apart around a streak's source


def beam_hardening(hu: Plane, head: Head, site: Site, rng: np.random.Generator) -> None:
    """Brighten, in place, the brain under the skull, and darken the bar between the petrous ridges."""
    depth = head.inner_table[ANGLE] - RADIUS
    inside = soft_step(depth, 1.0)
    hu += np.float32(draw(rng, site.cupping_hu)) * np.exp(np.maximum(depth, 0) * np.float32(-1 / 4.5)) * inside
    if head.level == SKULL_BASE:
        bar = bump(Y - np.float32(20), 5.0) * (np.abs(X) < 26)
        hu -= np.float32(draw(rng, (4.0, 12.0))) * bar * inside


def streaks(head: Head, rng: np.random.Generator) -> Plane:
    """HU added by a fan of thin, alternating rays from a dense spot on the skull, fading with distance."""
    angle = draw(rng, (-np.pi, np.pi))
    source_x, source_y = polar(angle, at(head.inner_table, angle) + 2)
    dx, dy = X - np.float32(source_x), Y - np.float32(source_y)
    direction = (np.arctan2(dy, dx) * np.float32(_RAYS / (2 * np.pi))).astype(np.intp) % _RAYS
    distance = np.hypot(dx, dy)
    fade = np.exp(distance * np.float32(-1 / draw(rng, (25.0, 45.0)))) * soft_step(distance - np.float32(3), 1.0)
    inside = soft_step(head.inner_table[ANGLE] - RADIUS, 0.5)
    fan: Plane = np.float32(draw(rng, (14.0, 30.0))) * _ray_profile(rng)[direction] * fade * inside
    return fan


def _ray_profile(rng: np.random.Generator) -> Plane:
    """Strength (-1..1) of each ray: bright and dark by turns, of random width, place and strength."""
    profile = np.zeros(_RAYS, np.float32)
    positions = np.arange(_RAYS)
    sign = float(rng.choice([-1, 1]))
    for centre in np.sort(rng.uniform(0, _RAYS, int(rng.integers(36, 60)))):
        away = (positions - centre + _RAYS / 2) % _RAYS - _RAYS / 2
        profile += (sign * rng.uniform(0.3, 1.0) * np.exp(-((away / rng.uniform(4, 14)) ** 2))).astype(np.float32)
        sign = -sign
    return profile


def head_holder(fov_mm: float, n_px: int, rng: np.random.Generator) -> Plane:
    """HU of the curved support at the bottom of the image, air elsewhere, shape (n_px, n_px)."""
    mm = (np.arange(n_px, dtype=np.float32) + np.float32(0.5) - np.float32(n_px / 2)) * np.float32(fov_mm / n_px)
    radius = draw(rng, (1.0, 1.4)) * fov_mm
    bottom = fov_mm * draw(rng, (0.475, 0.492))
    ring = np.abs(np.hypot(mm, (mm + np.float32(radius - bottom))[:, None]) - np.float32(radius))
    shell = soft_step(np.float32(0.9) - ring, 0.3) * (mm > 0)[:, None]
    holder: Plane = np.float32(-1000) + shell * np.float32(1000 + draw(rng, (-100.0, 120.0)))
    return holder
