"""Every kind of image file becomes upright 8-bit RGB."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image
from trees import decode

from bench.data.images import PixelSettings
from bench.data.reading import UnreadableImage

SIDE = 32
SETTINGS = PixelSettings(image_size=SIDE, fit="stretch")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """A real photograph, 64 × 48."""
    return Image.fromarray(load_sample_image("flower.jpg")).resize((64, 48))


def expected(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)).astype(int)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.TIFF", "a.webp", "a.jpg", "a.jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_formats(tmp_path: Path, photo: Image.Image, name: str, mode: str) -> None:
    image = photo.convert(mode)
    lossy = {"quality": 100, "subsampling": 0} if name.endswith(("jpg", "jpeg")) else {}
    lossless = {"lossless": True} if name.endswith("webp") else {}
    image.save(tmp_path / name, **lossy, **lossless)
    decoded = decode(tmp_path / name, SETTINGS)
    assert (decoded.width, decoded.height) == (64, 48)
    assert decoded.pixels.shape == (SIDE, SIDE, 3)
    assert decoded.pixels.dtype == np.uint8
    assert np.abs(decoded.pixels.astype(int) - expected(image)).max() <= (4 if lossy else 0)


def test_palette_and_cmyk(tmp_path: Path, photo: Image.Image) -> None:
    palette = photo.quantize(64)
    palette.save(tmp_path / "palette.png")
    assert np.array_equal(decode(tmp_path / "palette.png", SETTINGS).pixels, expected(palette))
    photo.convert("CMYK").save(tmp_path / "cmyk.tif")
    assert np.abs(decode(tmp_path / "cmyk.tif", SETTINGS).pixels.astype(int) - expected(photo)).max() <= 2


def test_transparency_is_laid_on_black(tmp_path: Path) -> None:
    image = Image.new("RGBA", (8, 8), (200, 100, 50, 0))
    image.paste((200, 100, 50, 255), (0, 0, 8, 4))
    image.save(tmp_path / "a.png")
    pixels = decode(tmp_path / "a.png", PixelSettings(8)).pixels
    assert pixels[0, 0].tolist() == [200, 100, 50]
    assert pixels[7, 7].tolist() == [0, 0, 0]
    see_through = Image.new("P", (8, 8), 0)
    see_through.putpalette([10, 20, 30, 40, 50, 60])
    see_through.save(tmp_path / "p.png", transparency=0)
    assert decode(tmp_path / "p.png", PixelSettings(8)).pixels.max() == 0


@pytest.mark.parametrize("name", ["grey16.png", "grey16.tif"])
def test_sixteen_bit_grey_is_scaled_by_its_white(tmp_path: Path, name: str) -> None:
    values = np.array([[0, 4095], [32768, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / name)
    assert decode(tmp_path / name, PixelSettings(2)).pixels[..., 0].tolist() == [[0, 16], [128, 255]]
    twelve_bit = decode(tmp_path / name, PixelSettings(2, white16=4095)).pixels[..., 0]
    assert twelve_bit.tolist() == [[0, 255], [255, 255]]


def test_sixteen_bit_colour_keeps_its_high_byte(tmp_path: Path) -> None:
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (4, 4, 3), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "rgb16.png"), values[..., ::-1])
    pixels = decode(tmp_path / "rgb16.png", PixelSettings(4)).pixels
    assert np.array_equal(pixels, (values >> 8).astype(np.uint8))


def test_exif_orientation_is_honoured(tmp_path: Path, photo: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned by 90°: to be rotated clockwise
    photo.save(tmp_path / "a.png", exif=exif)
    decoded = decode(tmp_path / "a.png", SETTINGS)
    assert (decoded.width, decoded.height) == (48, 64)
    assert np.array_equal(decoded.pixels, expected(photo.transpose(Image.Transpose.ROTATE_270)))


def test_fits(tmp_path: Path) -> None:
    Image.new("L", (40, 20), 255).save(tmp_path / "wide.png")
    padded = decode(tmp_path / "wide.png", PixelSettings(20, "pad")).pixels[..., 0]
    assert padded[10].min() == 255
    assert padded[0].max() == 0
    assert padded[-1].max() == 0
    assert decode(tmp_path / "wide.png", PixelSettings(20, "crop")).pixels.min() == 255
    assert decode(tmp_path / "wide.png", PixelSettings(20, "stretch")).pixels.min() == 255


def test_resizing_is_antialiased(tmp_path: Path) -> None:
    checkers = np.indices((256, 256)).sum(axis=0) % 2 * 255
    Image.fromarray(checkers.astype(np.uint8)).save(tmp_path / "a.png")
    pixels = decode(tmp_path / "a.png", PixelSettings(32)).pixels
    assert pixels.min() > 110
    assert pixels.max() < 145


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg", "text.png", "empty.png", "cut.tif"])
def test_unreadable_files_say_why(tmp_path: Path, photo: Image.Image, name: str) -> None:
    path = tmp_path / name
    if name.startswith("cut"):
        photo.save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_text("no image" if name.startswith("text") else "")
    with pytest.raises(UnreadableImage, match=r"\w+"):
        decode(path, SETTINGS)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableImage, match="no defined white"):
        decode(tmp_path / "a.tif", SETTINGS)
