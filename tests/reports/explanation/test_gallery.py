"""Pages of galleries: what is drawn, looked at pixel by pixel."""

import numpy as np
from PIL import Image

from reports.explanation.gallery import OUTLINE, SIDE, Page, Tile, draw_page

GREY = np.full((16, 16, 3), 77, dtype=np.uint8)


def tile(**changes: object) -> Tile:
    heat = np.zeros((16, 16), dtype=np.float32)
    heat[:8, :8] = 1
    values = {
        "case_id": "internal/a/1.png",
        "image": GREY,
        "map": heat,
        "lesion": None,
        "label": "a",
        "predicted": "b",
        "probability": 0.7,
        "model": "seed 0 fold 1",
    }
    return Tile(**{**values, **changes})


def page(*tiles: Tile) -> Page:
    return Page("resnet18: a", "gradcam", (("internal", tiles), ("external", ())))


def at_image(picture: Image.Image) -> tuple[int, int]:
    """Where the first image begins: the first grey pixel of its colour."""
    rows, columns = np.nonzero((np.asarray(picture) == 77).all(axis=2))
    return int(rows.min()), int(columns.min())


def test_the_image_stands_beside_its_overlay_and_the_map_shows_where_it_is_high() -> None:
    picture = draw_page(page(tile()))
    row, column = at_image(picture)
    pixels = np.asarray(picture).astype(int)
    assert (pixels[row : row + SIDE, column : column + SIDE] == 77).all()
    overlay = pixels[row : row + SIDE, column + SIDE + 6 : column + 2 * SIDE + 6]
    changed = np.abs(overlay - 77).sum(axis=2)
    assert changed[5 : SIDE // 2 - 12, 5 : SIDE // 2 - 12].min() > changed[SIDE // 2 + 12 :, SIDE // 2 + 12 :].max()


def test_the_lesion_is_outlined_on_the_overlay_alone() -> None:
    lesion = np.zeros((16, 16), dtype=bool)
    lesion[4:8, 4:8] = True
    plain, outlined = (np.asarray(draw_page(page(tile(lesion=region)))) for region in (lesion & False, lesion))
    rows, columns = np.nonzero((plain != outlined).any(axis=2))
    row, column = at_image(Image.fromarray(outlined))
    place = (rows - row, columns - column - SIDE - 6)
    assert place[0].min() == 4 * SIDE // 16
    assert place[0].max() == 8 * SIDE // 16 - 1
    assert place[1].min() == 4 * SIDE // 16
    assert (outlined[rows, columns] == OUTLINE).all()


def test_names_of_any_length_and_kind_stay_within_the_page() -> None:
    odd = tile(case_id="internal/" + "x" * 500 + "é\u202e\n<b>.png", label="W" * 300, predicted="ж" * 200)
    picture = draw_page(Page("t" * 500, "s" * 500, (("site" * 99, (odd,)),)))
    border = np.asarray(picture)[:, -10:]
    assert (border == 255).all()


def test_pages_without_cases_are_still_pages() -> None:
    assert draw_page(Page("nothing", "", ())).height > 60
    both, one = draw_page(page(tile(), tile())), draw_page(page(tile()))
    assert both.height > one.height
    assert both.width == one.width
