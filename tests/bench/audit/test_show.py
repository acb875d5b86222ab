"""Contact sheets: a picture of each class and site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from processes import Bench
from scans import write_dicom, write_nifti
from trees import write_digit_tree

Photos = dict[str, Image.Image]
Command = Callable[..., Any]
Refused = Callable[..., None]

SIDE, STEP, ACROSS, TOP, LEFT = 128, 150, 134, 28, 6  # of a tile; from tile to tile, down and across; of the first
RED = (120, 30, 30)


def tile(sheet: Path, number: int) -> NDArray[np.uint8]:
    """The tile of an image on its sheet, counted along the rows of eight from 0."""
    x, y = LEFT + number % 8 * ACROSS, TOP + number // 8 * STEP
    with Image.open(sheet) as image:
        return np.asarray(image.convert("RGB").crop((x, y, x + SIDE, y + SIDE)))


def tiles_on(sheet: Path) -> int:
    """How many places hold something."""
    with Image.open(sheet) as image:
        rows = (image.height - TOP) // STEP
    return sum(bool(tile(sheet, number).std() > 5) for number in range(8 * rows))


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return tmp_path / "sheets"


def test_each_class_of_each_site_has_one(bench: Bench, digit_data: Path, sheets: Path) -> None:
    done = bench("data", "show", digit_data, "--out", sheets)
    assert (done.returncode, done.stderr) == (0, "")
    names = {f"{site}--{label}.png" for site in ("internal", "external") for label in "014"}
    assert {path.name for path in sheets.iterdir()} == names
    assert {Path(line).name for line in done.stdout.splitlines()} == names
    assert {name: tiles_on(sheets / name) for name in names} == {
        name: 30 if name.startswith("internal") else 10 for name in names
    }


def test_images_are_shown_as_they_are(command: Command, tmp_path: Path, photos: Photos, sheets: Path) -> None:
    (tmp_path / "tree" / "a").mkdir(parents=True)
    shown = [photo.resize((SIDE, SIDE)) for photo in photos.values()]
    for number, photo in enumerate(shown):
        photo.save(tmp_path / "tree" / "a" / f"{number}.png")
    assert command("show", tmp_path / "tree", "--out", sheets).code == 0
    for number, photo in enumerate(shown):
        assert (tile(sheets / "tree--a.png", number) == np.asarray(photo.convert("RGB"))).all()


def test_some_of_many_are_spread_evenly(command: Command, tmp_path: Path, sheets: Path) -> None:
    (tmp_path / "tree" / "a").mkdir(parents=True)
    for number in range(12):
        Image.new("L", (SIDE, SIDE), 20 * number).save(tmp_path / "tree" / "a" / f"{number:02d}.png")
    assert command("show", tmp_path / "tree", "--out", sheets, "--most", 3).code == 0
    assert [int(tile(sheets / "tree--a.png", number)[0, 0, 0]) for number in range(3)] == [0, 80, 160]
    assert set(np.unique(tile(sheets / "tree--a.png", 3))) == {24}  # the background: there is no fourth


def test_what_cannot_be_read_is_a_red_tile_in_its_place(command: Command, tree: Path, sheets: Path) -> None:
    (tree / "a" / "1b.png").write_bytes((tree / "a" / "1.png").read_bytes()[:500])
    done = command("show", tree, "--out", sheets)
    assert (done.code, done.err) == (0, "")
    red = [bool((tile(sheets / "tree--a.png", n)[0, 0] == RED).all()) for n in range(3)]
    assert red == [False, True, False]


def test_links_that_cannot_be_used_are_counted(command: Command, tree: Path, sheets: Path) -> None:
    (tree / "a" / "gone.png").symlink_to(tree / "nowhere")
    done = command("show", tree, "--out", sheets)
    assert done.code == 0
    assert "Not shown: 1 file(s) or link(s)" in done.out


@pytest.mark.parametrize(
    ("labels", "files"),
    [
        (["a|b <i>", "x.."], 2),
        (["Bleed", "bleed"], 2),
        (["a?b", "a*b", "a:b"], 3),
        (["血" * 84, "血" * 83 + "腫"], 2),
        (["new\nline\x1b[31m", "$x$"], 2),
    ],
    ids=["signs", "capitals", "alike when made plain", "long", "controls"],
)
def test_names_become_file_names_of_their_own(
    command: Command, tmp_path: Path, photos: Photos, sheets: Path, labels: list[str], files: int
) -> None:
    for label in labels:
        (tmp_path / "tree" / label).mkdir(parents=True)
        photos["moon"].save(tmp_path / "tree" / label / "\x1b\n<name>.png")
    done = command("show", tmp_path / "tree", "--out", sheets)
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    names = [path.name for path in sheets.iterdir()]
    assert len(names) == len({name.lower() for name in names}) == files
    for name in names:
        assert len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\n\x1b')
        with Image.open(sheets / name) as sheet:
            assert sheet.format == "PNG"


def test_an_image_in_no_class_is_shown_as_such(command: Command, tree: Path, photos: Photos, sheets: Path) -> None:
    photos["page"].save(tree / "loose.png")
    assert command("show", tree, "--out", sheets).code == 0
    assert {path.name for path in sheets.iterdir()} == {"tree--no-class.png", "tree--a.png", "tree--b.png"}


def test_frames_and_slices_are_tiles(command: Command, tmp_path: Path, photos: Photos, sheets: Path) -> None:
    camera = np.asarray(photos["camera"]).astype(np.int16)
    write_dicom(tmp_path / "tree" / "ct" / "1.dcm", np.stack([camera, camera[::-1], camera]) + 900)
    write_nifti(tmp_path / "tree" / "volume" / "head.nii.gz", np.stack([camera] * 5, axis=-1))
    assert command("show", tmp_path / "tree", "--out", sheets, "--windows", "0/300").code == 0
    assert tiles_on(sheets / "tree--ct.png") == 3
    assert tiles_on(sheets / "tree--volume.png") == 5
    assert (tile(sheets / "tree--ct.png", 0) == tile(sheets / "tree--ct.png", 2)).all()
    assert (tile(sheets / "tree--ct.png", 0) != tile(sheets / "tree--ct.png", 1)).any()


def test_the_same_images_give_the_same_sheets(command: Command, tmp_path: Path, sheets: Path) -> None:
    tree = write_digit_tree(tmp_path / "tree", [3], 9)
    made = []
    for _ in range(2):
        command("show", tree, "--out", sheets)
        made.append((sheets / "tree--3.png").read_bytes())
    assert made[0] == made[1]


def test_what_is_refused(refused: Refused, tree: Path, tmp_path: Path, sheets: Path) -> None:
    refused("No such path", tmp_path, "show", tmp_path / "absent", "--out", sheets)
    refused("--most", tmp_path, "show", tree, "--most", "0", "--out", sheets)
    refused("--most", tmp_path, "show", tree, "--most", "1000000", "--out", sheets)
    refused("--windows", tmp_path, "show", tree, "--windows", "brain,bone", "--out", sheets)
    refused("would be taken for images", tmp_path, "show", tree, "--out", tree / "sheets")
    refused("cannot be made", tmp_path, "show", tree, "--out", "/dev/null/sheets")
