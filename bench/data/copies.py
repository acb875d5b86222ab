"""Cases that show the same image: identical files, and confirmed near duplicates. Reads and writes a cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.cached_file import read_or_say, write_sealed
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.data.pixel_entry import SCHEME, PixelCache

IDENTICAL = "identical"
NEAR = "near duplicate"
FLIPS = {"": "", "h": "mirrored", "v": "upside down", "hv": "turned by 180°"}


@dataclass(frozen=True)
class CopyPair:
    """Two cases, by their numbers in the table; `score` is the confirming statistic, 1 for identical files.

    `flip` says how the second must be flipped to match the first: "", h, v or hv.
    """

    first: int
    second: int
    kind: str
    score: float
    flip: str = ""

    def text(self) -> str:
        """`near duplicate, 0.993, mirrored`."""
        if self.kind == IDENTICAL:
            return IDENTICAL
        return ", ".join(part for part in (self.kind, f"{self.score:.3f}", FLIPS[self.flip]) if part)


def copies_among(
    cases: Sequence[Case],
    pixels: PixelCache,
    settings: PixelSettings,
    folder: Path,
    say: Callable[[str], None] | None = None,
) -> list[CopyPair]:
    """Pairs of copies, sorted. Cases of one group are no copies of each other.

    Of several identical files each is paired with the first. What the comparison found is kept in `folder`, named by
    contents and groups; `say` is told where that is damaged.
    """
    first_of: dict[str, int] = {}
    pairs = []
    for number, case in enumerate(cases):
        first = first_of.setdefault(case.digest, number)
        if first != number and (case.group is None or case.group != cases[first].group):
            pairs.append(CopyPair(first, number, IDENTICAL, 1.0))
    distinct = sorted(first_of.values(), key=lambda number: cases[number].digest)
    pairs += _near(cases, distinct, pixels, settings, folder, say)
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def _near(
    cases: Sequence[Case],
    distinct: Sequence[int],
    pixels: PixelCache,
    settings: PixelSettings,
    folder: Path,
    say: Callable[[str], None] | None,
) -> list[CopyPair]:
    from bench.near_duplicates import search

    groups = search.numbered(cases[number].group for number in distinct)
    content = [(cases[number].digest, group) for number, group in zip(distinct, groups.tolist(), strict=True)]
    seen = [SCHEME, search.VERSION, settings.windows, settings.white16, content]
    key = hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:24]
    file = folder / f"{key}.copies.json"
    text = read_or_say(file, say)
    if text is not None:
        found = [search.NearDuplicate(**pair) for pair in json.loads(text)]
    else:
        rows = np.array([pixels.row[cases[number].digest] for number in distinct])
        sides = np.array([min(cases[number].width, cases[number].height) for number in distinct])
        found = search.find_copies(np.asarray(pixels.thumbnails()[rows]), sides, groups)
        write_sealed(file, json.dumps([asdict(pair) for pair in found]).encode())
    numbered = [(distinct[pair.first], distinct[pair.second], pair) for pair in found]
    return [CopyPair(min(a, b), max(a, b), NEAR, pair.score, pair.flip) for a, b, pair in numbered]
