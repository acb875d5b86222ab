"""Where backbones with random and with pretrained weights meet: then a difference between them is not of one thing."""

from __future__ import annotations

from collections.abc import Sequence

from reports.tables.row import Row
from reports.tables.wording import listed

RANDOM, IMPORTED = "random", "imported"


def mixed_weights(rows: Sequence[Row]) -> str | None:
    """`a starts from random weights and b from ImageNet weights: this difference is of …`, or None where none is mixed.

    Rows of imported predictions, of whose weights nothing is known, do not count.
    """
    random = [row for row in rows if row.weights == RANDOM]
    others = [row for row in rows if row.weights not in (RANDOM, IMPORTED)]
    if not random or not others:
        return None
    sources = list(dict.fromkeys(row.weights for row in others))
    starts = "starts" if len(random) == 1 else "start"
    first = f"{_names(random, RANDOM)} {starts} from random weights"
    origins = [first, *(f"{_names(others, source)} from {source} weights" for source in sources)]
    differences = "this difference is" if len(random) == len(others) == 1 else "differences between them are"
    same = len({row.backbone for row in (*random, *others)}) == 1
    what = "weights, not of architecture" if same else "weights and architecture together"
    return f"{listed(origins, len(origins))}: {differences} of {what}"


def _names(rows: Sequence[Row], source: str) -> str:
    return listed([row.name for row in rows if row.weights == source])
