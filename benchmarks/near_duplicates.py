"""What the search for near-duplicates catches, and what it takes for a copy that is none.

    python -m benchmarks.near_duplicates [--slices 3000]

All pairs of different images are looked at, in all four flips; then copies of up to 150 images of each source, made in
16 ways. Prints the table and the curve that docs/data.md shows. Images of which a copy has fewer than 20 pixels a side
are counted apart: that little does not tell cases from one another.
"""

import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from bench.near_duplicates.proposals import CALIBRATED, flipped, propose
from bench.near_duplicates.search import correlations, find_copies, is_blank
from bench.near_duplicates.similarity import laid_on, least_local_correlation
from bench.near_duplicates.thumbnail import SIDE, resized, thumbnail
from benchmarks.copies import FAMILIES, Picture, digits, patches, phantoms, photographs
from benchmarks.timing import options, processor, versions

COPIED = 150
FEWEST_PIXELS = 20
GOALS = {"saved again": 0.99, "resized": 0.95, "brightness shifted": 0.95, "cropped": 0.95, "flipped": 0.95}
CURVE = (0.960, 0.970, 0.975, 0.980, 0.984, 0.988, 0.992, 0.996)
SMALL = "too small"
HARD = "LFW patches"
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Scores:
    """Of proposed pairs: their rows, and the confirming statistic as they are and after alignment."""

    pairs: list[tuple[int, int]]
    unaligned: Floats
    aligned: Floats

    def found(self, unaligned: float, aligned: float) -> set[tuple[int, int]]:
        """The pairs that reach either threshold in one of the flips."""
        passed = (self.unaligned >= unaligned) | (self.aligned >= aligned)
        return {pair for pair, good in zip(self.pairs, passed, strict=True) if good}


def score(images: list[Picture]) -> Scores:
    """Every pair that hashes and quick tests propose, with the scores on which the search decides."""
    thumbs = np.stack([thumbnail(image) for image in images])
    rows = np.flatnonzero(~is_blank(thumbs))
    thumbs, sides = thumbs[rows], np.array([min(images[row].size) for row in rows])
    pairs, plain, aligned = [], [np.empty(0)], [np.empty(0)]
    for near in propose(thumbs, np.full(len(rows), -1), None, CALIBRATED):
        pairs += [
            tuple(sorted(pair)) for pair in zip(rows[near.first].tolist(), rows[near.second].tolist(), strict=True)
        ]
        for start in range(0, len(near.first), 512):
            first, second = near.first[start : start + 512], near.second[start : start + 512]
            a = resized(thumbs[first], SIDE, near.crop)
            b = flipped(thumbs[second], near.flip).astype(np.float32)
            plain.append(correlations(a, b, np.minimum(sides[first], sides[second])))
            worth = plain[-1] >= CALIBRATED.worth_aligning
            aligned.append(np.full(len(a), -1.0))
            aligned[-1][worth] = least_local_correlation(a[worth], laid_on(a[worth], b[worth]))
    return Scores(pairs, np.concatenate(plain), np.concatenate(aligned))


def found_by_search(images: list[Picture]) -> set[tuple[int, int]]:
    thumbs, sides = np.stack([thumbnail(image) for image in images]), np.array([min(i.size) for i in images])
    return {(pair.first, pair.second) for pair in find_copies(thumbs, sides, np.full(len(images), -1))}


@dataclass(frozen=True)
class Copied:
    """Images and copies of them made in one way; copy n + k is of image k."""

    source: str
    family: str
    scores: Scores
    counted: list[bool]

    def caught(self, unaligned: float, aligned: float) -> list[bool]:
        found, n = self.scores.found(unaligned, aligned), len(self.counted)
        return [(k, n + k) in found for k in range(n) if self.counted[k]]


def copy_all(sources: dict[str, list[Picture]]) -> dict[tuple[str, str], list[Copied]]:
    made: dict[tuple[str, str], list[Copied]] = defaultdict(list)
    for source, images in sources.items():
        chosen = [images[n] for n in np.linspace(0, len(images) - 1, min(COPIED, len(images))).astype(int)]
        for family, ways in FAMILIES.items():
            for way, make in ways.items():
                copies = [make(image) for image in chosen]
                counted = [
                    min(copy.size) >= min(FEWEST_PIXELS, 0.9 * min(one.size))
                    for one, copy in zip(chosen, copies, strict=True)
                ]
                made[family, way].append(Copied(source, family, score([*chosen, *copies]), counted))
    return made


def main() -> None:
    slices = options(__doc__, slices=3000).parse_args().slices
    sources = {**digits(), "phantom": phantoms(slices), "photographs": photographs(), HARD: patches()}
    print(f"- machine: {processor()}")
    print(f"- versions: {versions('numpy', 'pillow')}")
    print(f"- copies: confirmed at {CALIBRATED.unaligned} as they are or at {CALIBRATED.aligned} after alignment\n")
    chosen = (CALIBRATED.unaligned, CALIBRATED.aligned)

    different, rows, pairs, alarms = {}, [], 0, 0
    for source, images in sources.items():
        started = time.perf_counter()
        found = found_by_search(images)
        seconds = time.perf_counter() - started
        different[source] = score(images)
        assert found == different[source].found(*chosen)  # the scores here are those on which the search decides
        number = len(images) * (len(images) - 1) // 2
        rows.append([source, len(images), number, len(found), f"{seconds:.1f}"])
        pairs, alarms = pairs + number, alarms + len(found)
    rows.append(["all", sum(map(len, sources.values())), pairs, alarms, ""])
    print("Different images taken for copies\n")
    print(tabulate(rows, ["Source", "Images", "Pairs", "False alarms", "Seconds"], tablefmt="github", intfmt=","))
    print(f"\n{alarms / pairs * 1e6:.2f} false alarms in a million pairs; goal: at most 1\n")

    made = copy_all(sources)
    rows = []
    for (_, way), of_way in made.items():
        shares = [f"{np.mean(caught):.3f}" if (caught := one.caught(*chosen)) else SMALL for one in of_way]
        rows.append([way, *shares])
    print("Share of copies that are found\n")
    print(tabulate(rows, ["Copy", *sources], tablefmt="github", disable_numparse=True))

    print(f"\nCurve: all sources but {HARD} together, one threshold for both statistics\n")
    rows = [curve_row(f"{level:.3f}", level, level, made, different, pairs) for level in CURVE]
    rows.append(curve_row("as set", *chosen, made, different, pairs))
    rows.append(["goal", *(f"{goal:.2f}" for goal in GOALS.values()), "1"])
    print(tabulate(rows, ["Threshold", *GOALS, "false in 10^6 pairs"], tablefmt="github", disable_numparse=True))


def curve_row(
    name: str,
    unaligned: float,
    aligned: float,
    made: dict[tuple[str, str], list[Copied]],
    different: dict[str, Scores],
    pairs: int,
) -> list[str]:
    row = [name]
    for goal in GOALS:
        caught = [
            hit
            for (family, _), of_way in made.items()
            if family == goal
            for one in of_way
            if one.source != HARD
            for hit in one.caught(unaligned, aligned)
        ]
        row.append(f"{np.mean(caught):.3f}")
    alarms = sum(len(scores.found(unaligned, aligned)) for scores in different.values())
    return [*row, f"{alarms / pairs * 1e6:.2f}"]


if __name__ == "__main__":
    main()
