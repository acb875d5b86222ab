"""Copies are found among real images, and different cases are left alone."""

import io

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

from bench.near_duplicates.hashes import HashIndex, coefficients, distance, hashes
from bench.near_duplicates.search import BLOCK, find_copies, is_blank
from bench.near_duplicates.similarity import laid_on, least_local_correlation
from bench.near_duplicates.thumbnail import SIDE, thumbnail

FLIPPED = {
    "h": Image.Transpose.FLIP_LEFT_RIGHT,
    "v": Image.Transpose.FLIP_TOP_BOTTOM,
    "hv": Image.Transpose.ROTATE_180,
}


@pytest.fixture(scope="module")
def digits() -> list[Image.Image]:
    return [Image.fromarray((image * 15.9).astype(np.uint8)) for image in load_digits().images[:600]]


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """Photographs and micrographs that scikit-image carries."""
    from skimage import data

    names = ("astronaut", "camera", "coins", "moon", "page", "text", "clock", "chelsea", "coffee", "rocket", "cell")
    images = []
    for name in names:
        try:
            images.append(Image.fromarray(getattr(data, name)()).convert("RGB"))
        except Exception as error:  # not bundled, and there may be no network
            print(f"{name} is not bundled with scikit-image: {type(error).__name__}")
    assert len(images) >= 5
    return images


def find(images: list[Image.Image], groups: list[int] | None = None, same: list[int] | None = None):
    thumbs = np.stack([thumbnail(image) for image in images])
    sides = np.array([min(image.size) for image in images])
    codes = np.array(groups if groups is not None else [-1] * len(images))
    return find_copies(thumbs, sides, codes, None if same is None else np.array(same))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue()))


def test_hashes_are_those_of_imagehash(digits: list[Image.Image], photos: list[Image.Image]) -> None:
    thumbs = np.stack([thumbnail(image) for image in digits[:300] + photos])
    theirs = [imagehash.phash(Image.fromarray(thumb)) for thumb in thumbs]
    apart = distance(hashes(coefficients(thumbs)), np.array([int(str(one), 16) for one in theirs], dtype=np.uint64))
    # It rounds the thumbnail of the thumbnail to whole grey values, which turns bits over that lie on the median.
    assert apart.max() <= 6
    assert (apart > 2).mean() < 0.05
    for flip, how in FLIPPED.items():
        turned = [imagehash.phash(Image.fromarray(thumb).transpose(how)) for thumb in thumbs[-len(photos) :]]
        close = distance(
            hashes(coefficients(thumbs[-len(photos) :]), flip),
            np.array([int(str(h), 16) for h in turned], dtype=np.uint64),
        )
        assert close.max() <= 2  # rounding while resizing may turn a bit over


def test_the_index_finds_what_comparing_all_pairs_finds() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, 700, dtype=np.uint64)
    near = values[:300] ^ (np.uint64(1) << rng.integers(0, 64, 300).astype(np.uint64))
    near ^= np.uint64(1) << rng.integers(0, 64, 300).astype(np.uint64)
    everything = np.concatenate([values, near])
    apart = distance(everything[:, None], everything[None])
    for most, radius in ((7, 1), (11, 2)):
        found = {
            (int(a), int(b))
            for rows, columns in HashIndex(everything).near(everything, most, radius)
            for a, b in zip(rows, columns, strict=True)
        }
        assert found == {(int(a), int(b)) for a, b in np.argwhere(apart <= most)}


@pytest.mark.parametrize(
    "kind", ["jpeg", "half", "double", "brighter", "less contrast", "cropped", "cropped at a corner"]
)
def test_copies_of_photographs_are_found_and_nothing_else(photos: list[Image.Image], kind: str) -> None:
    def copy(image: Image.Image) -> Image.Image:
        width, height = image.size
        dx, dy = round(0.01 * width), round(0.01 * height)
        made = {
            "jpeg": lambda: jpeg(image, 70),
            "half": lambda: image.resize((width // 2, height // 2), Image.Resampling.LANCZOS),
            "double": lambda: image.resize((width * 2, height * 2), Image.Resampling.BICUBIC),
            "brighter": lambda: image.point(lambda value: min(255, value + 15)),
            "less contrast": lambda: image.point(lambda value: value * 0.85 + 10),
            "cropped": lambda: image.crop((dx, dy, width - dx, height - dy)),
            "cropped at a corner": lambda: image.crop((0, 2 * dy, width - 2 * dx, height)),
        }
        return made[kind]()

    found = find([*photos, *map(copy, photos)])
    assert [(pair.first, pair.second) for pair in found] == [(n, n + len(photos)) for n in range(len(photos))]
    assert {pair.flip for pair in found} == {""}


@pytest.mark.parametrize("flip", list(FLIPPED))
def test_flips_are_named(photos: list[Image.Image], flip: str) -> None:
    found = find([*photos, *(image.transpose(FLIPPED[flip]) for image in photos)])
    assert [(pair.first, pair.second, pair.flip) for pair in found] == [
        (n, n + len(photos), flip) for n in range(len(photos))
    ]


def test_different_digits_are_no_copies(digits: list[Image.Image]) -> None:
    assert find(digits) == []
    found = find([*digits, *(jpeg(image, 90) for image in digits[:100])])
    assert len([pair for pair in found if pair.second == pair.first + len(digits)]) >= 99
    assert len(found) <= 100


def test_pairs_of_one_patient_and_known_copies_are_not_looked_at(photos: list[Image.Image]) -> None:
    images = [photos[0], jpeg(photos[0], 80), jpeg(photos[0], 90)]
    pairs = {(pair.first, pair.second) for pair in find(images)}
    assert pairs == {(0, 1), (0, 2), (1, 2)}
    assert {(pair.first, pair.second) for pair in find(images, groups=[7, 7, 3])} == {(0, 2), (1, 2)}
    assert {(pair.first, pair.second) for pair in find(images, same=[-1, 4, 4])} == {(0, 1), (0, 2)}


def test_blank_images_are_left_out(photos: list[Image.Image]) -> None:
    noise = np.random.default_rng(0).normal(100, 0.5, (64, 64)).round().astype(np.uint8)
    blank = [Image.new("L", (64, 64)), Image.new("L", (64, 64), 255), Image.fromarray(noise)]
    thumbs = np.stack([thumbnail(image) for image in [*blank, photos[0]]])
    assert is_blank(thumbs).tolist() == [True, True, True, False]
    assert find(blank * 2) == []
    assert find(photos[:1]) == []
    assert find_copies(np.empty((0, SIDE, SIDE), np.uint8), np.empty(0, np.int64), np.empty(0, np.int64)) == []


def test_the_same_images_give_the_same_answer(photos: list[Image.Image]) -> None:
    images = [*photos, *(jpeg(image, 75) for image in photos)]
    assert find(images) == find(images)


def test_alignment_undoes_a_crop() -> None:
    image = gaussian_filter(np.random.default_rng(1).normal(size=(200, 200)), 8)
    image = (image - image.min()) / np.ptp(image) * 255
    whole = Image.fromarray(image.astype(np.uint8))
    first = thumbnail(whole)[None].astype(np.float32)
    second = thumbnail(whole.crop((6, 2, 197, 199)))[None].astype(np.float32)
    before = least_local_correlation(first, second)[0]
    after = least_local_correlation(first, laid_on(first, second))[0]
    assert before < 0.95
    assert after > 0.99


def test_local_correlation_sees_what_a_global_one_misses() -> None:
    rng = np.random.default_rng(0)
    first = gaussian_filter(rng.normal(size=(48, 48)), 4)
    first = (100 + 900 * first).astype(np.float32)
    second = first.copy()
    second[20:26, 20:26] = second[20:26, 20:26][::-1, ::-1]
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.97
    assert least_local_correlation(first[None], second[None])[0] < 0.9
    assert least_local_correlation(first[None], 3 * first[None] + 20)[0] == pytest.approx(1)


def test_blank_images_are_told_among_more_than_are_looked_at_at_once() -> None:
    thumbs = np.full((2 * BLOCK + 3, SIDE, SIDE), 7, dtype=np.uint8)
    seen = [0, BLOCK - 1, BLOCK, 2 * BLOCK + 2]
    thumbs[seen, :, ::2] = 200
    assert np.flatnonzero(~is_blank(thumbs)).tolist() == seen
