"""Every kind of file is decoded to the pixels that another program reads, or that are known."""

from pathlib import Path

import pytest
from trees import missing

from bench.quiet import quiet
from benchmarks.decoding import VARIANTS
from benchmarks.variant import Variant, compared


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.kind}: {variant.name}")
def test_pixels_are_those_of_another_program(tmp_path: Path, variant: Variant) -> None:
    if variant.kind == "HEIC":
        try:
            import pillow_heif  # noqa: F401
        except ImportError:
            missing("HEIC needs pillow-heif")
    with quiet():
        largest, share = compared(variant, tmp_path)
    assert (share, largest <= variant.tolerance) == (0, True)
