"""The scanner: a slice of the head's grid becomes an image of HU as one site measures it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import fft

from bench.phantom.artefacts import beam_hardening, head_holder, streaks
from bench.phantom.bone import AIR_HU
from bench.phantom.grid import Plane, draw
from bench.phantom.positioning import IMAGE_PX, draw_position
from bench.phantom.sites import Site
from bench.phantom.slice import HeadSlice

_DOWN = np.fft.fftfreq(IMAGE_PX).astype(np.float32)[:, None]
_ACROSS = np.fft.rfftfreq(IMAGE_PX).astype(np.float32)[None, :]
_FREQUENCY: Plane = np.hypot(_DOWN, _ACROSS)
_ENHANCED_PX = 1.3  # scale of the edges that a sharp kernel enhances


@dataclass(frozen=True)
class Scan:
    """HU and lesion mask of shape (IMAGE_PX, IMAGE_PX); `pixel_mm` is the side of a pixel."""

    hu: Plane
    mask: np.typing.NDArray[np.bool_]
    pixel_mm: float

    @property
    def lesion_area_mm2(self) -> float:
        """Area of the mask."""
        return float(np.count_nonzero(self.mask)) * self.pixel_mm**2


def scan(head_slice: HeadSlice, site: Site, rng: np.random.Generator) -> Scan:
    """Scan one slice. Every draw is the site's; the lesion changes none of them."""
    position = draw_position(head_slice.head, site, rng)
    hu = head_slice.hu.copy()
    beam_hardening(hu, head_slice.head, site, rng)
    hu += np.float32(draw(rng, site.calibration_hu))
    if rng.random() < site.streaks:
        hu += streaks(head_slice.head, rng)
    image = position.resample(hu, AIR_HU)
    if rng.random() < site.head_holder:
        np.maximum(image, head_holder(position.pixel_mm * IMAGE_PX, IMAGE_PX, rng), out=image)
    image = _reconstruct(image, position.pixel_mm, site, rng)
    matrix = int(rng.integers(site.matrix[0], site.matrix[1] + 1))
    if matrix < IMAGE_PX:
        image = _resize(_resize(image, matrix), IMAGE_PX)
    mask = position.resample(head_slice.lesion, 0.0) > 0.5
    return Scan(image, mask, position.pixel_mm)


def _reconstruct(hu: Plane, pixel_mm: float, site: Site, rng: np.random.Generator) -> Plane:
    """Blur, edge enhancement, motion and noise in one pass through the frequency plane."""
    transfer = _gaussian(draw(rng, site.psf_mm) / pixel_mm)
    transfer = transfer * (1 + np.float32(draw(rng, site.edge_enhancement)) * (1 - _gaussian(_ENHANCED_PX)))
    spectrum = fft.rfft2(hu) * transfer
    if rng.random() < site.motion:  # half of the views saw the head displaced
        down, across = 1.3 * rng.standard_normal(2)
        phase = np.float32(-2 * np.pi) * (_DOWN * np.float32(down) + _ACROSS * np.float32(across))
        spectrum *= np.float32(0.5) + np.float32(0.5) * np.exp(np.complex64(1j) * phase)
    spectrum += np.float32(draw(rng, site.noise_hu)) * _noise_spectrum(draw(rng, site.noise_cutoff), rng)
    image: Plane = fft.irfft2(spectrum, s=(IMAGE_PX, IMAGE_PX))
    return image.astype(np.float32, copy=False)


def _gaussian(sigma_px: float) -> Plane:
    """Transfer function of a Gaussian blur."""
    transfer: Plane = np.exp(np.float32(-2 * (np.pi * sigma_px) ** 2) * _FREQUENCY * _FREQUENCY)
    return transfer


def _noise_spectrum(cutoff: float, rng: np.random.Generator) -> np.typing.NDArray[np.complex64]:
    """Spectrum of unit-variance CT noise: rising with frequency (ramp filter), then cut off."""
    shape = _FREQUENCY * np.exp(-((_FREQUENCY / np.float32(cutoff)) ** 4))
    white = rng.standard_normal((2, *_FREQUENCY.shape), dtype=np.float32)
    # irfft2 divides by the number of pixels; each frequency but the edge columns counts twice
    energy = float(np.sqrt(4 * np.sum(shape * shape, dtype=np.float64)))
    spectrum: np.typing.NDArray[np.complex64] = (white[0] + np.complex64(1j) * white[1]) * (
        shape * np.float32(IMAGE_PX**2 / energy)
    )
    return spectrum


def _resize(image: Plane, n_px: int) -> Plane:
    return np.array(Image.fromarray(image).resize((n_px, n_px), Image.Resampling.BILINEAR), np.float32)
