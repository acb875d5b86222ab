"""What it means that an image cannot be read."""


class UnreadableImage(Exception):
    """The file is no image, is cut short, or has pixels without a defined white; says why, quoting no header values."""


def too_large(width: int, height: int, max_pixels: int) -> str:
    """The refusal of a decompression bomb, with its size."""
    return f"{width}×{height} pixels are more than {max_pixels:,}; raise --max-pixels where that is meant"
