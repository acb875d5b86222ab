"""Options: how trees and manifests are read, and which of their images are taken."""

from typing import Any

from pydantic import BaseModel, field_validator

from bench.config.texts import parse_columns, parse_readers
from bench.data.images import MAX_PIXELS
from bench.data.options import EVERY_SITE, MANIFEST_COLUMNS, READER_NAMES, GroupBy, MultiLabel
from bench.data.tree.layout import Layout
from bench.option import DATA, LOOKING, RUN, TRAINING, option


class ReadingOptions(BaseModel):
    """`reader` is by site (`*`: all others), `columns` maps our names to a manifest's, `classes` found labels to
    wanted ones.
    """

    reader: dict[str, str] = option(
        {},
        "How the files of a site are laid out: {choices}; repeatable.",
        RUN,
        DATA,
        metavar="[SITE=]NAME",
        choices=READER_NAMES,
        shown="auto",
        parse=parse_readers,
    )
    columns: dict[str, str] = option(
        {},
        "What a manifest calls path, label, group, …; repeatable.",
        (*TRAINING, *LOOKING),
        DATA,
        flag="--column",
        metavar="OURS=YOURS",
        parse=parse_columns,
    )
    root: str | None = option(
        None,
        "Where the paths of a manifest begin.",
        (*TRAINING, *LOOKING),
        DATA,
        metavar="DIR",
        shown="its folder",
        path=True,
    )
    tree: Layout = option(
        "auto",
        "What the folders of a tree name: {choices}.",
        (*TRAINING, *LOOKING),
        DATA,
        shown="auto: as they are called",
    )
    group_by: GroupBy = option("patient", "Which DICOM identifier holds images together: {choices}.", panel=DATA)
    multilabel: MultiLabel = option("single-only", "What becomes of slices with several bleeds: {choices}.", RUN, DATA)
    allow_outside: bool = option(False, "Follow links and paths that leave the folder.", (*RUN, *LOOKING), DATA)
    max_pixels: int = option(
        MAX_PIXELS, "Larger images are refused.", (*RUN, *LOOKING), DATA, shown=f"{MAX_PIXELS:,}", limits={"ge": 1}
    )
    group_duplicates: bool = option(False, "Keep internal copies of an image in one fold.", panel=DATA)
    allow_leaks: bool = option(False, "Go on in spite of leaks; every table says so.", panel=DATA)
    class_order: list[str] | None = option(None, "All classes, in the order of tables.", (), shown="as found, sorted")
    classes: dict[str, str] = option({}, 'Renames or merges labels, as in EDH = "epidural".', ())

    @field_validator("reader", mode="before")
    @classmethod
    def _one_reader(cls, value: Any) -> Any:
        """A name alone is the reader of every site."""
        return {EVERY_SITE: value} if isinstance(value, str) else value

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(MANIFEST_COLUMNS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(MANIFEST_COLUMNS)}")
        return value
