"""The pixel cache decodes once, and only what it has not seen."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trees import decode, load_sites, small_disk, write_digit_tree

from bench.cache import Caches
from bench.data.cases import Source
from bench.data.digits import write_digits
from bench.data.images import PixelSettings
from bench.data.load import Dataset
from bench.data.pixels import build_cache
from bench.data.reading import UnreadableImage
from bench.errors import RequestError

SETTINGS = PixelSettings(image_size=16)


def load(root: Path, caches: Caches, *, skip: bool = False, settings: PixelSettings = SETTINGS) -> Dataset:
    return load_sites({"internal": root}, settings, caches, skip=skip)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_rows_hold_the_decoded_images(tmp_path: Path, caches: Caches) -> None:
    data = load(write_digit_tree(tmp_path / "t", [0, 1], 5), caches)
    array = data.pixels.open()
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable
    assert len(data.cases) == 10
    for case in data.cases:
        assert np.array_equal(array[data.pixels.row[case.digest]], decode(Path(case.path), SETTINGS).pixels)
        assert (case.width, case.height) == (8, 8)


def test_a_second_run_decodes_nothing(tmp_path: Path, caches: Caches, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_digit_tree(tmp_path / "t", [0, 1], 5)
    first = load(root, caches)
    decoded: list[Path] = []
    monkeypatch.setattr("bench.data.pixels.decode_parts", lambda path, *rest: decoded.append(path))
    assert load(root, caches) == first
    root.rename(tmp_path / "moved")  # contents count, not paths
    assert load(tmp_path / "moved", caches).pixels == first.pixels
    assert decoded == []


def test_other_pixels_or_settings_are_another_cache(tmp_path: Path, caches: Caches) -> None:
    root = write_digit_tree(tmp_path / "t", [0, 1], 5)
    keys = {load(root, caches).pixels.key, load(root, caches, settings=PixelSettings(24)).pixels.key}
    Image.new("L", (8, 8), 7).save(root / "0" / "new.png")
    keys.add(load(root, caches).pixels.key)
    assert len(keys) == 3


def test_unreadable_images_are_named_or_left_out_and_listed(tmp_path: Path, caches: Caches) -> None:
    root = write_digit_tree(tmp_path / "t", [0, 1], 5)
    broken = root / "1" / "broken.png"
    broken.write_bytes(b"\x89PNG nothing more")
    for _ in range(2):  # the second time from the cache
        with pytest.raises(RequestError, match=r"broken\.png"):
            load(root, caches)
    data = load(root, caches, skip=True)
    assert [case_id for case_id, _ in data.skipped] == ["internal/1/broken.png"]
    assert len(data.cases) == 10


def test_a_passing_fault_is_not_remembered(tmp_path: Path, caches: Caches, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_digit_tree(tmp_path / "t", [0, 1], 5)

    def fail(path: Path, parts: list[None], *rest: object) -> list[UnreadableImage]:
        return [UnreadableImage("too many open files") for _ in parts]

    with monkeypatch.context() as patch:
        patch.setattr("bench.data.pixels.decode_parts", fail)
        with pytest.raises(RequestError, match="too many open files"):
            load(root, caches)
    assert len(load(root, caches).cases) == 10


@pytest.mark.parametrize("name", ["{key}.npy", "{key}.thumbnails.npy", "{key}.json"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.999])
def test_a_cache_that_was_cut_short_is_made_again_and_that_is_said(
    tmp_path: Path, caches: Caches, name: str, share: float
) -> None:
    data = load(write_digit_tree(tmp_path / "t", [0, 1], 5), caches)
    file = caches.pixels / name.format(key=data.pixels.key)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    said: list[str] = []
    sources = {case.digest: Source(Path(case.path)) for case in data.cases}
    for _ in range(2):  # the second time it is whole
        assert build_cache(caches.pixels, sources, data.settings, say=said.append) == data.pixels
        assert file.read_bytes() == whole
    (line,) = said
    assert f"{file} is damaged" in line
    assert "decoded again" in line


def test_a_full_cache_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path, 64 * 1024) as disk:
        with pytest.raises(OSError, match="No space left"):
            load(write_digit_tree(tmp_path / "t", [0, 1], 5), Caches(disk), settings=PixelSettings(128))
        assert list((disk / "pixels").iterdir()) == []


def test_a_class_of_which_nothing_is_readable_is_an_error(tmp_path: Path, caches: Caches) -> None:
    root = write_digit_tree(tmp_path / "t", [0], 5)
    (root / "1").mkdir()
    (root / "1" / "broken.png").write_text("")
    with pytest.raises(RequestError, match="Only one class"):
        load(root, caches, skip=True)
    for path in (root / "0").glob("*.png"):
        path.write_text("")
    with pytest.raises(RequestError, match="No internal image can be read"):
        load(root, caches, skip=True)


def test_digits_from_two_sources(tmp_path: Path) -> None:
    assert write_digits(tmp_path / "digits") == (1797, 5000)  # the sizes that the two packages state
    inside = list((tmp_path / "digits" / "internal").glob("[0-9]/*.png"))
    outside = list((tmp_path / "digits" / "external").glob("[0-9]/*.png"))
    assert len(inside) == 1797
    assert len(outside) == 5000
    assert {path.parent.name for path in outside} == set("0123456789")
    assert size_of(inside[0]) == (8, 8)
    assert size_of(outside[0]) == (28, 28)
    with pytest.raises(RequestError, match="in use"):
        write_digits(tmp_path / "digits")
