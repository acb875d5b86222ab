"""What a site makes of a head: place in the scanner, image of HU, and the 8-bit picture that leaves the site."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import fft

from bench.phantom.artefacts import beam_hardening, head_holder, streaks
from bench.phantom.grid import ANGLES, COLS, ROWS, Plane, draw
from bench.phantom.head import Head
from bench.phantom.sites import Site
from bench.phantom.slice import HeadSlice
from bench.phantom.tissue import AIR_HU

IMAGE_PX = 224
# free border on every side, as a share of the field of view: 3 % must remain after blur and motion
_BORDER = 0.05
_DOWN = np.fft.fftfreq(IMAGE_PX).astype(np.float32)[:, None]
_ACROSS = np.fft.rfftfreq(IMAGE_PX).astype(np.float32)[None, :]
_FREQUENCY: Plane = np.hypot(_DOWN, _ACROSS)
_ENHANCED_PX = 1.3  # scale of the edges that a sharp kernel enhances
Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Position:
    """How the head's grid is placed in the image: pixel size, rotation (rad) and centre (mm from the image's)."""

    pixel_mm: float
    rotation: float
    centre_x: float
    centre_y: float

    def resample(self, plane: Plane, outside: float) -> Plane:
        """The plane (ROWS, COLS) on the image's pixels (IMAGE_PX, IMAGE_PX), bilinear."""
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        left, top = IMAGE_PX * self.pixel_mm / 2 + self.centre_x, IMAGE_PX * self.pixel_mm / 2 + self.centre_y
        affine = (
            cosine * self.pixel_mm,
            sine * self.pixel_mm,
            COLS / 2 - cosine * left - sine * top,
            -sine * self.pixel_mm,
            cosine * self.pixel_mm,
            ROWS / 2 + sine * left - cosine * top,
        )
        image = Image.fromarray(plane).transform(
            (IMAGE_PX, IMAGE_PX), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR, fillcolor=outside
        )
        return np.array(image, np.float32)


def draw_position(head: Head, site: Site, rng: np.random.Generator) -> Position:
    """A position drawn from the site's ranges; the field of view grows where the head would not fit."""
    rotation = float(np.deg2rad(rng.uniform(*site.rotation_deg)))
    x, y = np.sin(ANGLES) * head.outline, -np.cos(ANGLES) * head.outline
    across = np.cos(rotation) * x - np.sin(rotation) * y
    down = np.sin(rotation) * x + np.cos(rotation) * y
    extents = float(np.ptp(across)), float(np.ptp(down))
    fov = max(float(rng.uniform(*site.fov_mm)), max(extents) / (1 - 2 * _BORDER))
    centre = []
    for extent, coordinates in zip(extents, (across, down), strict=True):
        slack = min(site.offset_mm, (fov * (1 - 2 * _BORDER) - extent) / 2)
        middle = float(coordinates.max() + coordinates.min()) / 2
        centre.append(float(rng.uniform(-slack, slack)) - middle)
    return Position(fov / IMAGE_PX, rotation, centre[0], centre[1])


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


def scan(
    head_slice: HeadSlice,
    site: Site,
    rng: np.random.Generator,
    noise: np.random.Generator | None = None,
    placed: Head | None = None,
) -> Scan:
    """Scan one slice. Every draw is the site's; the lesion changes none of them.

    Of several slices of one scan, `noise` draws what is another noise in each, and `placed` is the widest head, for
    which the field of view is chosen.
    """
    position = draw_position(placed or head_slice.head, site, rng)
    hu = head_slice.hu.copy()
    beam_hardening(hu, head_slice.head, site, rng)
    hu += np.float32(draw(rng, site.calibration_hu))
    if rng.random() < site.streaks:
        hu += streaks(head_slice.head, rng)
    image = position.resample(hu, AIR_HU)
    if rng.random() < site.head_holder:
        np.maximum(image, head_holder(position.pixel_mm * IMAGE_PX, IMAGE_PX, rng), out=image)
    image = _reconstruct(image, position.pixel_mm, site, rng, noise or rng)
    matrix = int(rng.integers(site.matrix[0], site.matrix[1] + 1))
    if matrix < IMAGE_PX:
        image = _resize(_resize(image, matrix), IMAGE_PX)
    mask = position.resample(head_slice.lesion, 0.0) > 0.5
    return Scan(image, mask, position.pixel_mm)


def _reconstruct(hu: Plane, pixel_mm: float, site: Site, rng: np.random.Generator, noise: np.random.Generator) -> Plane:
    """Blur, edge enhancement, motion and noise in one pass through the frequency plane."""
    transfer = _gaussian(draw(rng, site.psf_mm) / pixel_mm)
    transfer = transfer * (1 + np.float32(draw(rng, site.edge_enhancement)) * (1 - _gaussian(_ENHANCED_PX)))
    spectrum = fft.rfft2(hu) * transfer
    if rng.random() < site.motion:  # half of the views saw the head displaced
        down, across = 1.3 * rng.standard_normal(2)
        phase = np.float32(-2 * np.pi) * (_DOWN * np.float32(down) + _ACROSS * np.float32(across))
        spectrum *= np.float32(0.5) + np.float32(0.5) * np.exp(np.complex64(1j) * phase)
    spectrum += np.float32(draw(rng, site.noise_hu)) * _noise_spectrum(draw(rng, site.noise_cutoff), noise)
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


def export_image(hu: Plane, site: Site, rng: np.random.Generator) -> Grey:
    """The 8-bit grey image (n_px, n_px) that leaves the site."""
    level, width = draw(rng, site.window_level), draw(rng, site.window_width)
    gamma, quality = draw(rng, site.gamma), int(rng.integers(site.jpeg_quality[0], site.jpeg_quality[1] + 1))
    shown = np.clip((hu - np.float32(level - width / 2)) * np.float32(1 / width), 0, 1)
    image = Image.fromarray(_gamma_curve(gamma)[(shown * 1023).astype(np.intp)])
    if rng.random() < site.burned_in_text:
        _burn_in_text(image, f"W{width:.0f} L{level:.0f}", rng)
    return _through_jpeg(image, quality)


def _gamma_curve(gamma: float) -> Grey:
    return (np.linspace(0, 1, 1024) ** gamma * 255 + 0.5).astype(np.uint8)


def _burn_in_text(image: Image.Image, window: str, rng: np.random.Generator) -> None:
    pen, (width, height) = ImageDraw.Draw(image), image.size
    brightness = int(rng.integers(150, 230))
    number = f"{rng.integers(1, 40)}/{rng.integers(40, 60)}"
    for place, text in (((3, 3), "CT HEAD"), ((3, height - 13), window), ((width - 34, 3), number)):
        pen.text(place, text, fill=brightness, font=_font())


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=9)


def _through_jpeg(image: Image.Image, quality: int) -> Grey:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
