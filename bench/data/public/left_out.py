"""Counts the images of public sets that become no case. Pure."""

from bench.data.options import ReadOptions

SEVERAL = "image(s) that show several kinds of bleed (--multilabel single-only)"
KEEP = "Give --multilabel priority or others to keep them."


def count_several(options: ReadOptions, site: str, example: str) -> None:
    """An image that the rule for several bleeds leaves out."""
    options.passed_over.add("left out", SEVERAL, example, site=site, advice=KEEP)
