"""Ordinary image files, through Pillow, as upright 8-bit RGB or grey. Reads files."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from bench.data.unreadable import UnreadableImage, too_large

Image.MAX_IMAGE_PIXELS = None  # the limit here is an option, and refuses instead of warning
ANIMATED = frozenset({"GIF", "WEBP", "PNG"})


def picture(path: Path, white16: int, max_pixels: int) -> Image.Image:
    """Decode and turn upright (EXIF).

    Transparent pixels are laid on black; of a file with several pages the first is read; animations are refused.

    Raises:
        UnreadableImage: with the reason.
    """
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > max_pixels:
                raise UnreadableImage(too_large(opened.width, opened.height, max_pixels))
            frames = getattr(opened, "n_frames", 1)
            if opened.format in ANIMATED and frames > 1:
                raise UnreadableImage(f"it is an animation of {frames} pictures; export the one that is meant")
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            return eight_bit(opened, white16)
    except (UnreadableImage, MemoryError):
        raise
    except PermissionError:
        raise UnreadableImage("it may not be read; change its permissions") from None
    except Exception as error:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadableImage(_reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is no image, whatever its name says, or it is encrypted, cut short or damaged"
    return f"it is cut short, damaged or of an unusual kind ({str(error) or type(error).__name__})"


def eight_bit(image: Image.Image, white16: int) -> Image.Image:
    """Any mode as RGB, or L where it is grey; `white16` is the value of a 16-bit grey image that becomes white."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.float64)
        if values.min() < 0 or values.max() > 65535:
            raise UnreadableImage(
                f"its grey values reach from {values.min():.0f} to {values.max():.0f}; store them as 0 to 65535"
            )
        return Image.fromarray(np.clip(np.rint(values * (255 / white16)), 0, 255).astype(np.uint8))
    if image.mode == "F":
        raise UnreadableImage("floating-point pixels have no defined white; store 8 or 16 bits a channel")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")
