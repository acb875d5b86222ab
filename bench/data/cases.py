"""The case table: one row an image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and which of its images is meant (None where it holds one)."""

    path: Path
    part: int | None = None


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image before anything of its pixels has been read.

    `part` is the frame of a DICOM file or the axial slice of a NIfTI volume, counted from 0 as stored, None where
    the file is one image; `group` is the patient; `extra` holds what else a reader knows, as text. Of a file that is
    one slice of a `volume`, `height` says where in it.
    """

    case_id: str
    path: str
    label: str
    site: str
    group: str | None = None
    part: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)
    volume: tuple[str, ...] | None = None
    height: float | None = None

    @property
    def source(self) -> Source:
        """Where its pixels are."""
        return Source(Path(self.path), self.part)

    @property
    def place(self) -> str:
        """The file, and which of its parts."""
        return self.path if self.part is None else f"{self.path} part {self.part}"

    def as_case(self, digest: str, width: int, height: int) -> "Case":
        """The case that it becomes once its content and size are known."""
        return Case(
            self.case_id, self.path, self.label, self.group, self.site, digest, width, height, self.part, self.extra
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One image with its label.

    `case_id` is site/relative path (with #part where a file holds several images) and unique; `site` is `internal`
    or the external site's name; `group` is what must not be split between folds (a patient), None where each image
    stands alone; `digest` names the image's content; `width` and `height` are pixels of the upright image.
    """

    case_id: str
    path: str
    label: str
    group: str | None
    site: str
    digest: str
    width: int
    height: int
    part: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def patient(self) -> str | None:
        """The group, unless it is only what holds copies of an image together."""
        return None if self.group is None or self.group.startswith(COPIES_OF) else self.group


COPIES_OF = "copies of "
"""How the group of copies of an image begins whose patient is not known."""
PART = "part"
COLUMNS = tuple(name for name in Case.__dataclass_fields__ if name not in (PART, "extra"))


def internal(cases: Iterable[Case]) -> list[Case]:
    """The cases of the internal site."""
    return [case for case in cases if case.site == INTERNAL]


def external_sites(cases: Iterable[Case]) -> list[str]:
    """Names of the external sites, in the order in which they were given."""
    return list(dict.fromkeys(case.site for case in cases if case.site != INTERNAL))
