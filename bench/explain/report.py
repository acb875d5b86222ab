"""The section of the page on what `bench explain` left in the folder. Reads explain/."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.explain.stored import explanation_galleries, explanation_tables
from bench.report.feature import Feature
from bench.store.folder import ResultsFolder
from reports.page import image, part

MOST_GALLERIES, WIDEST, QUALITY = 12, 1200, 75


def explain_section(folder: ResultsFolder) -> part.Section:
    """Tables of localisation, perturbation and agreement, and the first galleries; without parts where there are none.

    Raises:
        RequestError: explain.json is damaged.
    """
    galleries = [gallery for gallery in explanation_galleries(folder) if gallery.file.is_file()]
    shown = galleries[:MOST_GALLERIES]
    names = [f"{gallery.backbone}, {gallery.label}" for gallery in shown]
    pictures = tuple(
        part.Picture((_picture(gallery.file, f"Maps of {name}"),), (name,))
        for gallery, name in zip(shown, names, strict=True)
    )
    note = f"The first {len(shown)} of {len(galleries)}; all are in explain/galleries."
    gallery = (part.Gallery("Galleries", pictures, note, large=True),) if pictures else ()
    return part.Section(
        "explain",
        "Where the models look",
        ("A map says where evidence lay, not that it was right. Judge maps by the tables before the pictures.",),
        (*explanation_tables(folder), *gallery),
    )


def _picture(file: Path, alt: str) -> image.Image:
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)))
    written = BytesIO()
    picture.save(written, "WEBP", quality=QUALITY)
    return image.Image(written.getvalue(), "image/webp", alt)


EXPLAIN = Feature(explain_section)
