"""What a page is made of, before it is drawn: sections of tables, charts, pictures and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reports.page.confused_cases import Confusions
from reports.page.image import Image
from reports.tables.table import Table

Spec: TypeAlias = Mapping[str, Any]
"""A Vega-Lite specification without width and colours: the page and the files give it both."""


@dataclass(frozen=True)
class Chart:
    """A chart. name: that of its files in figures/, unique on a page; alt: what who cannot see it is told.

    wide: it takes the whole width of the page, others stand side by side where there is room. note: what stands below.
    folded: the title under which it is folded away, with others of that title.
    """

    name: str
    title: str
    alt: str
    spec: Spec
    wide: bool = True
    note: str = ""
    folded: str = ""


@dataclass(frozen=True)
class Picture:
    """Images that belong together (a case and its overlay) above lines of text; no image where none could be read."""

    images: tuple[Image, ...]
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Gallery:
    """Pictures under a title; `note` says which were chosen. large: sheets, no thumbnails; wide: as in charts."""

    title: str
    pictures: tuple[Picture, ...]
    note: str = ""
    large: bool = False
    wide: bool = True


@dataclass(frozen=True)
class Listing:
    """Text to be copied: a command, a file."""

    title: str
    text: str


@dataclass(frozen=True)
class Points:
    """Sentences in a list."""

    sentences: tuple[str, ...]


Part: TypeAlias = "Table | Chart | Gallery | Listing | Points | Confusions"


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs and parts. identity: its anchor, which also gives its place on the page (`ORDER`)."""

    identity: str
    title: str
    intro: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def charts(self) -> tuple[Chart, ...]:
        return tuple(part for part in self.parts if isinstance(part, Chart))


ORDER = (
    *(
        "leaderboard",
        "levels",
        "external",
        "gap",
        "adaptation",
        "samples",
        "operating",
        "hospitals",
        "subgroups",
        "training",
        "classes",
        "confusion",
        "comparisons",
        "seeds",
        "learning",
    ),
    *("calibration", "screen", "nondeterminism", "noise", "search", "explain", "labels", "data", "reproduce", "limits"),
)
"""The places of sections, whoever made them."""


@dataclass(frozen=True)
class Said:
    """A question of a reader, and its answer in plain words."""

    question: str
    answer: str


@dataclass(frozen=True)
class Page:
    """A whole page. subtitle: what it was computed from; lead: the answer in the words of statistics.

    said, picture: the same in plain words and as one chart, which then come first.
    """

    title: str
    subtitle: tuple[str, ...]
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    said: tuple[Said, ...] = ()
    picture: Chart | None = None

    @property
    def charts(self) -> tuple[Chart, ...]:
        first = (self.picture,) if self.picture else ()
        return (*first, *(chart for section in self.sections for chart in section.charts))


def in_order(sections: Sequence[Section]) -> tuple[Section, ...]:
    """As `ORDER` has them, without those that have no parts. Raises ValueError on an identity that it lacks."""
    return tuple(sorted((one for one in sections if one.parts), key=lambda one: ORDER.index(one.identity)))
