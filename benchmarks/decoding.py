"""Compares the decoding of many kinds of files with other programs, as a Markdown table; exit code 1 where one differs.

python -m benchmarks.decoding
"""

import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from tabulate import tabulate

from bench.quiet import quiet
from benchmarks import dicom_variants, nifti_variants, picture_variants
from benchmarks.variant import Variant, compared

VARIANTS = [*dicom_variants.VARIANTS, *picture_variants.VARIANTS, *nifti_variants.VARIANTS]
PEERS = ("pydicom", "tifffile", "nibabel", "pillow", "pillow-heif")


def row(variant: Variant) -> list[str | int]:
    with TemporaryDirectory() as folder, quiet():
        largest, share = compared(variant, Path(folder))
    outcome = "as expected" if not share else f"**{share:.1%} of pixels differ**"
    return [variant.kind, variant.name, variant.peer, largest, variant.tolerance, outcome]


def main() -> None:
    rows = [row(variant) for variant in VARIANTS]
    wrong = sum(str(found[-1]).startswith("**") for found in rows)
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    print(f"{len(rows) - wrong} of {len(rows)} as expected; {versions}. Differences are in steps of 255.\n")
    head = ["Kind", "Stored as", "Compared with", "Largest difference", "Allowed", "Outcome"]
    print(tabulate(rows, head, tablefmt="github"))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
