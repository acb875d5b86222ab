"""The two sites: what their scanners and their image export do differently. No field knows of a class."""

from dataclasses import dataclass

from bench.phantom.grid import Range


@dataclass(frozen=True)
class Site:
    """Acquisition and export of one site; ranges are (lowest, highest), drawn uniformly for each case."""

    name: str
    number: int  # keys the site's random streams

    # positioning
    fov_mm: Range
    rotation_deg: Range
    offset_mm: float

    # scanner
    psf_mm: Range
    edge_enhancement: Range
    noise_hu: Range
    noise_cutoff: Range  # cycles per pixel beyond which the noise fades
    matrix: tuple[int, int]  # pixels per side reconstructed, then interpolated to the exported size
    cupping_hu: Range
    calibration_hu: Range
    head_holder: float
    streaks: float
    motion: float

    # export
    window_level: Range
    window_width: Range
    gamma: Range
    jpeg_quality: tuple[int, int]
    burned_in_text: float


INTERNAL = Site(
    name="internal",
    number=0,
    fov_mm=(206.0, 220.0),
    rotation_deg=(-5.0, 5.0),
    offset_mm=4.0,
    psf_mm=(0.7, 1.0),
    edge_enhancement=(0.0, 0.3),
    noise_hu=(2.0, 3.5),
    noise_cutoff=(0.30, 0.40),
    matrix=(224, 224),
    cupping_hu=(2.0, 6.0),
    calibration_hu=(-1.0, 1.0),
    head_holder=0.25,
    streaks=0.10,
    motion=0.05,
    window_level=(37.0, 43.0),
    window_width=(76.0, 88.0),
    gamma=(0.97, 1.03),
    jpeg_quality=(88, 96),
    burned_in_text=0.0,
)

EXTERNAL = Site(
    name="external",
    number=1,
    fov_mm=(206.0, 223.0),
    rotation_deg=(-7.0, 7.0),
    offset_mm=6.0,
    psf_mm=(0.6, 1.3),
    edge_enhancement=(0.0, 0.6),
    noise_hu=(2.3, 4.0),
    noise_cutoff=(0.22, 0.42),
    matrix=(168, 224),
    cupping_hu=(2.5, 6.5),
    calibration_hu=(-1.5, 1.2),
    head_holder=0.50,
    streaks=0.20,
    motion=0.12,
    window_level=(36.0, 44.0),
    window_width=(80.0, 94.0),
    gamma=(0.95, 1.06),
    jpeg_quality=(50, 88),
    burned_in_text=0.35,
)

SITES: tuple[Site, ...] = (INTERNAL, EXTERNAL)
