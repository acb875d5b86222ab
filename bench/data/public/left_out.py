"""Counts the files of public sets that become no case. Reads folders."""

from collections.abc import Callable
from pathlib import Path

from bench.data.by_products import why_passed_over
from bench.data.options import ReadOptions

SEVERAL = "image(s) that show several kinds of bleed (--multilabel single-only)"
BESIDE = "file(s) beside the images of the set, of other names"
KEEP = "Give --multilabel priority or others to keep them."


def count_several(options: ReadOptions, site: str, example: str) -> None:
    """An image that the rule for several bleeds leaves out."""
    options.passed_over.add("left out", SEVERAL, example, site=site, advice=KEEP)


def images_among(folder: Path, fits: Callable[[Path], bool], site: str, options: ReadOptions) -> list[Path]:
    """The files of `folder` that are images of the set by their names, sorted; the others are counted."""
    images = []
    for path in sorted(folder.iterdir()):
        reason = why_passed_over(path.name) or ("" if fits(path) else BESIDE)
        if reason:
            options.passed_over.add("passed over", reason, str(path), site=site)
        else:
            images.append(path)
    return images
