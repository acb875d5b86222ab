"""Ordinary image files, through Pillow, as upright 8-bit RGB or grey. Reads files."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from bench.data.kinds import Kind, kind_of
from bench.data.reading import COLOUR16, EIGHT_BITS, GREY16, Note, Reading, Shown, UnreadableImage, too_large
from bench.data.stated import FULL, Stated, stated
from bench.errors import RequestError

Image.MAX_IMAGE_PIXELS = None  # the limit here is an option, and refuses instead of warning
ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
NO_IMAGE = "it is no image, whatever its name says, or it is encrypted, cut short or damaged"
FORMATS: dict[Kind, tuple[str, ...]] = {
    "BMP": ("BMP",),
    "PNM": ("PPM",),
    "JPEG 2000": ("JPEG2000",),
    "HEIC": ("HEIF",),
}
"""Pillow's names of a kind where they differ from the kind in capitals; no other plugin is asked."""
PAGES = "page(s) or further picture(s) of files of which the first is read"
PAGES_ADVICE = "Export those that are meant as files of their own."


def picture(path: Path, white16: int, max_pixels: int) -> Shown:
    """Decode and turn upright (EXIF).

    Transparent pixels are laid on black; of a file with several pages the first is read; animations are refused.

    Raises:
        UnreadableImage: with the reason.
        RequestError: a package is missing.
    """
    image, says = opened_picture(path, max_pixels)
    notes = (Note("left out", PAGES, PAGES_ADVICE, says.pages - 1),) if says.pages > 1 else ()
    if image.mode.startswith("I"):
        white = says.largest if says.fixed else min(white16, says.largest)
        grey, peak = _grey(image, says, white)
        return Shown(grey, Reading(GREY16.format(white), notes, white, 0 if says.fixed else peak))
    shown = eight_bit(image)
    if says.deep_colour:
        return Shown(shown, Reading(COLOUR16, notes, 255, int(np.asarray(shown).max())))
    return Shown(shown, Reading(EIGHT_BITS, notes))


def opened_picture(path: Path, max_pixels: int) -> tuple[Image.Image, Stated]:
    """The upright image in Pillow's mode, and what the file states beyond it.

    Raises:
        UnreadableImage: with the reason.
        RequestError: a package is missing.
    """
    try:
        with Image.open(path, formats=_formats(path)) as opened:
            if opened.width * opened.height > max_pixels:
                raise UnreadableImage(too_large(opened.width, opened.height, max_pixels))
            says = stated(opened, path)
            if opened.format in ANIMATED and says.pages > 1:
                raise UnreadableImage(f"it is an animation of {says.pages} pictures; export the one that is meant")
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            return opened, says
    except (UnreadableImage, RequestError, MemoryError):
        raise
    except PermissionError:
        raise UnreadableImage("it may not be read; change its permissions") from None
    except Exception as error:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadableImage(_reason(error)) from None


def _formats(path: Path) -> tuple[str, ...]:
    kind = kind_of(path)
    if kind is None:
        raise UnreadableImage(NO_IMAGE)
    if kind in ("DICOM", "NIfTI"):
        raise UnreadableImage(f"it is {kind}, where a picture is wanted")
    if kind == "HEIC":
        require_heif()
    return FORMATS.get(kind, (kind.upper(),))


def require_heif() -> None:
    """Raise `RequestError` where the extra is not installed; make it known to Pillow."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise RequestError("HEIC pictures need an extra package: pip install 'gapbench[heic]'.") from None
    register_heif_opener()


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return NO_IMAGE
    return f"it is cut short, damaged or of an unusual kind ({str(error) or type(error).__name__})"


def _grey(image: Image.Image, says: Stated, white: int) -> tuple[Image.Image, int]:
    """Of more than 8 bits, with `white` as white; and the largest value as stored."""
    values = np.asarray(image).astype(np.float64)
    low, high = values.min(), values.max()
    if low < 0 or high > FULL:
        raise UnreadableImage(f"its grey values reach from {low:.0f} to {high:.0f}; store them as 0 to {FULL}")
    if says.inverted:
        values = white - values
    return Image.fromarray(np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8)), int(high)


def eight_bit(image: Image.Image) -> Image.Image:
    """Any mode of 8 bits or fewer as RGB, or L where it is grey."""
    if image.mode == "F":
        raise UnreadableImage("floating-point pixels have no defined white; store 8 or 16 bits a channel")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")
