"""How fast images are audited, decoded and searched for copies, and in how much memory.

    python -m benchmarks.audit [--jpegs 10000] [--hashes 100000]

Makes JPEGs of 512 × 512 pixels in a temporary folder, audits them in a process of its own, builds the pixel cache
beside a bare loop that only decodes, and searches as many thumbnails as there are hashes beside a loop over all pairs.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.cache import Caches
from bench.data.cases import FoundImage, Source
from bench.data.copies import copies_among
from bench.data.images import PixelSettings, digests_of
from bench.data.load import load_dataset
from bench.data.options import ReadOptions
from bench.data.pixels import build_cache
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.near_duplicates.hashes import FLIPS, HashIndex, coefficients, distance, hashes
from bench.near_duplicates.proposals import CALIBRATED
from bench.near_duplicates.search import find_copies
from bench.near_duplicates.thumbnail import SIDE, thumbnail
from benchmarks.copies import Picture, photographs
from benchmarks.timing import machine, options, seconds, take_turns, versions

SIZE, ROUNDS = 512, 3
SETTINGS = PixelSettings(image_size=224)
AUDITED = """
import json, resource, sys, time
from bench.cli import main
started = time.perf_counter()
sys.argv = ["bench", "data", "audit", sys.argv[1], "--out", sys.argv[2]]
try:
    main()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - started, peak]))
"""


def mixtures(number: int, side: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Two random pieces of photographs laid over each other: as different as images of 24 scenes can be."""
    photos = [photo.convert("RGB") for photo in photographs() if min(photo.size) >= 256]

    def piece() -> Picture:
        photo = photos[rng.integers(len(photos))]
        extent = int(rng.integers(64, min(photo.size)))
        left, top = (int(rng.integers(0, room - extent + 1)) for room in photo.size)
        box = (left, top, left + extent, top + extent)
        found = photo.resize((side, side), Image.Resampling.BILINEAR, box)
        return found.transpose(Image.Transpose(int(rng.integers(7))))

    for _ in range(number):
        yield Image.blend(piece(), piece(), float(rng.uniform(0.3, 0.7)))


def write_tree(root: Path, number: int) -> None:
    rng = np.random.default_rng(0)
    for place, image in enumerate(mixtures(number, SIZE, rng)):
        folder = root / f"class-{place % 6}"
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / f"{place:06d}.jpg", quality=88)


def audited(root: Path, out: Path) -> tuple[float, float]:
    """Seconds and peak memory in MiB of `bench data audit` in a fresh process."""
    done = subprocess.run([sys.executable, "-c", AUDITED, root, out], capture_output=True, text=True, check=True)
    taken, peak = json.loads(done.stdout.splitlines()[-1])
    return taken, peak


def on_all_cores(work: Callable[[Picture], object], files: list[Path]) -> None:
    def one(file: Path) -> None:
        with Image.open(file) as image:
            work(image)

    with ThreadPoolExecutor() as threads:
        list(threads.map(one, files))


def resize(image: Picture) -> None:
    """What is kept of an image: itself at the wanted size, and the thumbnail."""
    image.resize((SETTINGS.image_size, SETTINGS.image_size), Image.Resampling.BILINEAR)
    thumbnail(image)


def cache_against_decoder(root: Path, scratch: Path) -> list[str]:
    files = sorted(root.rglob("*.jpg"))[:2000]
    images = [FoundImage(str(file), str(file), "", "internal") for file in files]
    sources = {str(digest): Source(Path(image.path)) for image, digest in zip(images, digests_of(images), strict=True)}
    ways = {
        "decoder": lambda: on_all_cores(lambda image: image.load(), files),
        "resizing": lambda: on_all_cores(resize, files),
        "cache": lambda: build_cache(Path(tempfile.mkdtemp(dir=scratch)), sources, SETTINGS),
    }
    decoder, resizing, cache = (len(files) / median(taken) for taken in take_turns(ways, ROUNDS).values())
    return [
        f"Pillow decodes, all cores       {decoder:8.0f} images/s",
        f"Pillow decodes and resizes      {resizing:8.0f} images/s",
        f"pixel cache at 224 px           {cache:8.0f} images/s, {cache / resizing:.2f} of that",
    ]


def leakage_check_against_decoding(root: Path, scratch: Path) -> list[str]:
    """The leakage check of `bench run` on all images, beside reading and decoding them; then again, from its cache."""
    caches = Caches(scratch / "leakage")
    request = DataRequest(ReadOptions(Pseudonyms(bytes(32))), sites={"internal": root})
    started = time.perf_counter()
    dataset = load_dataset(request, SETTINGS, caches, renaming={}, declared=None, skip_unreadable=False)
    decoding = time.perf_counter() - started
    taken = [
        seconds(lambda: copies_among(dataset.cases, dataset.pixels, dataset.settings, caches.pixels)) for _ in range(2)
    ]
    return [
        f"reading and decoding            {decoding:8.1f} s for {len(dataset.cases):,} images",
        f"leakage check, first time       {taken[0]:8.1f} s, {taken[0] / decoding:.1%} of decoding; goal: under 10 %",
        f"leakage check, known contents   {taken[1]:8.2f} s",
    ]


def thumbnails(number: int) -> NDArray[np.uint8]:
    """Pairs out of 2,000 pieces of photographs, turned or not, laid over each other."""
    rng = np.random.default_rng(1)
    pieces = np.stack([thumbnail(image) for image in mixtures(2000, SIDE, rng)]).astype(np.float32)
    found = np.empty((number, SIDE, SIDE), dtype=np.uint8)
    for place in range(number):
        one, other = pieces[rng.integers(len(pieces), size=2)]
        share = rng.uniform(0.3, 0.7)
        found[place] = share * one + (1 - share) * np.rot90(other, rng.integers(4))
    return found


def search_against_all_pairs(number: int) -> list[str]:
    thumbs = thumbnails(number)
    codes = hashes(coefficients(thumbs))

    def look_up() -> list[int]:
        return [len(rows) for rows, _ in HashIndex(codes).near(codes, CALIBRATED.bits, 2)]

    def all_pairs() -> None:
        for start in range(0, number, 256):
            np.flatnonzero(distance(codes[start : start + 256, None], codes[None]) <= CALIBRATED.bits)

    def naive(rows: int = 100) -> None:
        objects = [imagehash.hex_to_hash(f"{code:016x}") for code in codes[:rows].tolist()]
        for one in objects:
            for other in objects:
                _ = one - other <= CALIBRATED.bits

    found = []

    def whole() -> None:
        found.extend(find_copies(thumbs, np.full(number, 512), np.full(number, -1)))

    pairs, sure = sum(look_up()), median(seconds(look_up) for _ in range(ROUNDS))
    plain, loop = seconds(all_pairs), seconds(naive) / 100**2 * number**2
    everything = seconds(whole)
    return [
        f"look-up of {number:,} hashes       {sure:8.1f} s, {pairs:,} ordered pairs within {CALIBRATED.bits} bits",
        f"numpy, all pairs in blocks      {plain:8.1f} s, {plain / sure:.1f} times as long",
        f"loop over ImageHash objects     {loop:8.0f} s, from 10,000 pairs, {loop / sure:.0f} times as long",
        f"whole search                    {everything:8.1f} s with {len(FLIPS)} flips, crops, tests of pixels; "
        f"{len(found)} pairs confirmed; goal: under 60 s",
    ]


def main() -> None:
    asked = options(__doc__, jpegs=10_000, hashes=100_000).parse_args()
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'pillow')}\n")
    with tempfile.TemporaryDirectory() as folder:
        scratch, tree = Path(folder), Path(folder, "tree")
        write_tree(tree, asked.jpegs)
        taken, peak = audited(tree, scratch / "audit")
        rate = f"{taken:8.1f} s, {asked.jpegs / taken:.0f} images/s (goal: 150)"
        print(f"audit of {asked.jpegs:,} JPEGs, {SIZE} px {rate}, peak memory {peak:.0f} MiB (goal: under 1024)")
        print("\n".join([*cache_against_decoder(tree, scratch), *leakage_check_against_decoding(tree, scratch)]))
    print("\n".join(search_against_all_pairs(asked.hashes)))


if __name__ == "__main__":
    main()
