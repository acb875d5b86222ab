"""One number of a table with its interval."""

import math
from dataclasses import dataclass
from typing import TypedDict

FEW_CLUSTERS = 40  # on a side
FEW_CLUSTERS_OF_A_CLASS = 10
ROUNDING_ERROR = 1e-12  # above what sums and differences of shares leave of nothing, below any real number in a cell


class CellDict(TypedDict):
    """A cell as written to JSON; `None` where there is no number, never NaN."""

    value: float | None
    low: float | None
    high: float | None
    method: str | None
    reason: str | None


@dataclass(frozen=True)
class Cell:
    """A point estimate, its interval and how the interval was made.

    `value` is None only where the quantity is undefined (recall of a class without cases); `low`, `high`
    and `method` are None where no interval can be given, and `reason` then says why. A cell with an interval
    may carry a reason too: what its interval leaves out, or which classes it covers. few_clusters: the interval rests
    on few, so that tables mark it; JSON does not hold it. What is only rounding error (7.4e-17) is 0.

    Raises ValueError on NaN or infinity: an undefined number is None with a reason.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    reason: str | None = None
    few_clusters: bool = False

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is None:
                continue
            if not math.isfinite(number):
                raise ValueError(f"A cell holds finite numbers or None, not {number}.")
            if abs(number) < ROUNDING_ERROR:
                object.__setattr__(self, name, 0.0)

    def turned(self) -> "Cell":
        """Of a difference: the other way round."""
        value, low, high = (None if number is None else -number for number in (self.value, self.high, self.low))
        return Cell(value, low, high, self.method, self.reason, self.few_clusters)

    def to_dict(self) -> CellDict:
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "method": self.method,
            "reason": self.reason,
        }
