"""A quick real search: options, and what one leaves behind."""

from dataclasses import dataclass
from pathlib import Path

QUICK = (
    *("--backbone", "test_resnet", "--image-size", "16", "--folds", "2", "--batch-size", "16", "--workers", "1"),
    *("--weights", "random"),
)
SPACE = "[search.space]\nlr = { low = 1e-4, high = 1e-2, log = true }\nepochs = { low = 1, high = 2 }\n"


@dataclass(frozen=True)
class Searched:
    """The data, the results, what was printed, and every path that was opened or listed."""

    data: Path
    space: Path
    results: Path
    said: str
    opened: list[str]

    @property
    def command(self) -> list[str | Path]:
        return ["search", "--data", self.data, *QUICK, "--config", self.space, "--results", self.results]
