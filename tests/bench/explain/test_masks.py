"""Masks lie over images as the model sees them."""

from pathlib import Path

import numpy as np
import pytest
from layouts import write_ct_ich_pictures
from PIL import Image, ImageDraw
from scans import write_nifti
from trees import READ, decode

from bench.data.cases import Case, FoundImage
from bench.data.images import FITS, Fit, PixelSettings
from bench.data.public import ct_ich
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


SIDE = 128


def disc(radius: int) -> Image.Image:
    picture = Image.new("L", (SIDE, SIDE))
    centre = SIDE // 2
    ImageDraw.Draw(picture).ellipse((centre - radius, centre - radius, centre + radius, centre + radius), fill=255)
    return picture


def area(mask: Path, **extra: object) -> tuple[float, tuple[str, ...]]:
    """Pixels of lesion in a square image, and the notes."""
    of = Case("internal/a/1.png", "", "a", None, "internal", "0" * 64, SIDE, SIDE, extra={"mask": str(mask)}, **extra)  # type: ignore[arg-type]
    found = load_masks([of], None, PixelSettings(SIDE), 10**6)
    return float(found.coverage["internal/a/1.png"].sum()), found.notes


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 60}),
        ("a.jpg", {"quality": 90}),
        ("a.webp", {"quality": 50}),
        ("a.jp2", {"quality_mode": "rates", "quality_layers": [40], "irreversible": True}),
        ("a.tif", {"compression": "jpeg"}),
        ("a.avif", {"quality": 50}),
    ],
)
@pytest.mark.parametrize("radius", [7, 30])
def test_a_mask_stored_with_loss_keeps_its_area(
    tmp_path: Path, name: str, options: dict[str, object], radius: int
) -> None:
    drawn = disc(radius)
    drawn.save(tmp_path / name, **options)
    stored = np.asarray(Image.open(tmp_path / name).convert("L"))
    true = np.count_nonzero(drawn)
    found, notes = area(tmp_path / name)
    assert found == pytest.approx(true, rel=0.03)
    grey = np.count_nonzero((stored > 0) & (stored < stored.max() / 2)) / np.count_nonzero(stored)
    if name == "a.jpg":
        assert np.count_nonzero(stored) > 1.05 * true  # any value over 0 would let the lesion swell
    assert f"{grey:.1%} of what is not black is darker grey and does not count" in notes[0]


def test_a_mask_without_loss_keeps_every_label(tmp_path: Path) -> None:
    labels = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for number in range(1, 6):
        labels[number * 10 : number * 10 + 5, :10] = number
    for name, options in {"a.png": {}, "a.webp": {"lossless": True}, "a.jp2": {}, "a.tif": {}}.items():
        Image.fromarray(labels).save(tmp_path / name, **options)
        assert area(tmp_path / name) == (250, ())


def test_white_is_zero_in_a_mask_is_turned(tmp_path: Path) -> None:
    import tifffile

    drawn = np.asarray(disc(20)).astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", 65535 - drawn, photometric="miniswhite")
    assert area(tmp_path / "a.tif") == (np.count_nonzero(drawn), ())


def test_a_mask_with_many_greys_is_taken_whole_and_said(tmp_path: Path) -> None:
    disc(30).save(tmp_path / "a.jpg", quality=60)
    stored = Image.open(tmp_path / "a.jpg")
    stored.save(tmp_path / "a.png")
    found, notes = area(tmp_path / "a.png")
    assert found == np.count_nonzero(stored)
    assert "have more than 32 values: lesion is whatever is not 0" in notes[0]


def test_a_volume_is_a_mask_slice_by_slice(tmp_path: Path) -> None:
    voxels = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    voxels[:10, :4, 1] = 2
    write_nifti(tmp_path / "a.nii.gz", voxels)
    assert area(tmp_path / "a.nii.gz", part=1) == (40, ())


def test_masks_of_ct_ich_have_the_area_that_was_drawn(tmp_path: Path) -> None:
    rows = [(49, 1, "Epidural"), (49, 2, "No_Hemorrhage")]
    pictures = {(49, number): np.full((SIDE, SIDE), 90, dtype=np.uint8) for number in (1, 2)}
    write_ct_ich_pictures(tmp_path, rows, pictures, masked=[(49, 1)])
    drawn = disc(12)
    drawn.save(tmp_path / "Patients_CT" / "049" / "brain" / "1_HGE_Seg.jpg", quality=75)
    read: list[FoundImage] = ct_ich.read(tmp_path, "internal", READ)
    (mask,) = [image.extra["mask"] for image in read if "mask" in image.extra]
    assert area(Path(mask))[0] == pytest.approx(np.count_nonzero(drawn), rel=0.03)
