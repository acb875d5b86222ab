"""The folder that pictures and tables of images are written to. Makes it."""

from collections.abc import Iterable
from pathlib import Path

from bench.errors import RequestError


def make_output(out: Path, roots: Iterable[Path]) -> None:
    """Make `out` before anything takes long.

    Raises:
        RequestError: it cannot be made, or lies among the images, where its pictures would be taken for some.
    """
    place = out.expanduser().resolve()
    inside = next((root for root in roots if root.is_dir() and place.is_relative_to(root)), None)
    if inside is not None:
        raise RequestError(
            f"--out {out} lies in {inside}, where its pictures would be taken for images of yours. Give a folder "
            f"elsewhere."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"Cannot make the folder {out} (--out): {error.strerror}. Give another.") from None
