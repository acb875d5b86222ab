"""What a pair of images must reach to pass for copies; benchmarks/near_duplicates.py measures what that catches."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """`bits` in which hashes may differ; what the quick tests ask for: correlation at 16 pixels (`coarse`) and
    distance from the plane of slight shifts (`outside`); and the least local correlation of a copy, as
    it is (`unaligned`), of one that is worth aligning, and after alignment, which makes different cases more alike,
    too (`aligned`)."""

    bits: int = 11
    coarse: float = 0.98
    outside: float = 0.20
    unaligned: float = 0.98
    worth_aligning: float = 0.7
    aligned: float = 0.987


CALIBRATED = Thresholds()
