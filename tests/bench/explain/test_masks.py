"""Masks lie over images as the model sees them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.cases import Case
from bench.data.images import FITS, Fit, PixelSettings, decode
from bench.explain.masks import load_masks

BOX = (10, 36, 22, 60)  # left, upper, right, lower of a bright patch on an upright image of 60 × 80


def write(path: Path, *, size: tuple[int, int] = (60, 80), value: int = 255, turned: bool = False) -> Path:
    """A patch on black, scaled to `size`; turned: stored lying on its side, with the EXIF tag that says so."""
    picture = Image.new("L", (60, 80))
    picture.paste(value, BOX)
    picture = picture.resize(size, Image.Resampling.NEAREST)
    if turned:
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    else:
        picture.save(path)
    return path


def case(path: Path, **extra: str) -> Case:
    return Case("internal/a/1.png", str(path), "a", None, "internal", "0" * 64, 60, 80, extra=extra)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_mask_that_is_its_image_covers_what_is_bright(tmp_path: Path, fit: Fit, turned: bool) -> None:
    settings = PixelSettings(32, fit=fit)
    image = write(tmp_path / "image.png", turned=turned)
    mask = write(tmp_path / "mask.png", value=1, turned=turned)
    found = load_masks([case(image, mask=str(mask))], None, settings, 10**6)
    seen = decode(image, settings).pixels[..., 0].astype(float) / 255
    assert found.coverage["internal/a/1.png"] == pytest.approx(seen, abs=1 / 128)
    assert seen.max() > 0.9
    assert found.notes == ()


def test_masks_beside_the_sites_are_found_by_case_id(tmp_path: Path) -> None:
    (tmp_path / "internal" / "a").mkdir(parents=True)
    write(tmp_path / "internal" / "a" / "1.png")
    found = load_masks([case(tmp_path / "image.png")], tmp_path, PixelSettings(32), 10**6)
    assert set(found.coverage) == {"internal/a/1.png"}
    assert not load_masks([case(tmp_path / "image.png")], None, PixelSettings(32), 10**6).coverage


def test_a_folder_without_masks_is_said(tmp_path: Path) -> None:
    found = load_masks([case(tmp_path / "image.png")], tmp_path, PixelSettings(32), 10**6)
    assert "under the ids of their cases" in found.notes[0]


def test_a_mask_of_another_size_is_resized_and_one_of_another_shape_left_out(tmp_path: Path) -> None:
    settings = PixelSettings(32)
    whole, half = write(tmp_path / "whole.png"), write(tmp_path / "half.png", size=(30, 40))
    of = [load_masks([case(whole, mask=str(mask))], None, settings, 10**6) for mask in (whole, half)]
    assert of[0].coverage["internal/a/1.png"] == pytest.approx(of[1].coverage["internal/a/1.png"], abs=0.01)
    square = write(tmp_path / "square.png", size=(64, 64))
    left_out = load_masks([case(whole, mask=str(square))], None, settings, 10**6)
    assert not left_out.coverage
    assert "it is 64 × 64 for an image of 60 × 80, which is another shape" in left_out.notes[0]


def test_empty_and_unreadable_masks(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.png", value=0)
    found = load_masks([case(empty, mask=str(empty))], None, PixelSettings(32), 10**6)
    assert (dict(found.coverage), found.notes) == ({}, ())
    (tmp_path / "broken.png").write_bytes(b"no image")
    broken = load_masks([case(empty, mask=str(tmp_path / "broken.png"))], None, PixelSettings(32), 10**6)
    assert "it is no image" in broken.notes[0]


def test_a_coloured_mask_counts_wherever_it_is_not_black(tmp_path: Path) -> None:
    pixels = np.zeros((80, 60, 3), dtype=np.uint8)
    pixels[40:60, 10:30, 2] = 3
    Image.fromarray(pixels).save(tmp_path / "blue.png")
    found = load_masks([case(tmp_path / "x", mask=str(tmp_path / "blue.png"))], None, PixelSettings(80), 10**6)
    assert found.coverage["internal/a/1.png"].sum() == pytest.approx(400)
