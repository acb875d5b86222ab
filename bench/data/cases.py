"""The case table: one row an image."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image file before anything of it has been read."""

    case_id: str
    path: str
    label: str
    site: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One image with its label.

    `case_id` is site/relative path and unique; `site` is `internal` or the external site's name; `group` is
    what must not be split between folds (a patient), None where each image stands alone; `digest` is the
    SHA-256 of the file; `width` and `height` are pixels of the upright image.
    """

    case_id: str
    path: str
    label: str
    group: str | None
    site: str
    digest: str
    width: int
    height: int


def internal(cases: Iterable[Case]) -> list[Case]:
    """The cases of the internal site."""
    return [case for case in cases if case.site == INTERNAL]


def external_sites(cases: Iterable[Case]) -> list[str]:
    """Names of the external sites, in the order in which they were given."""
    return list(dict.fromkeys(case.site for case in cases if case.site != INTERNAL))


def to_frame(cases: Sequence[Case]) -> pd.DataFrame:
    """The case table as a data frame with the columns of `Case`."""
    frame = pd.DataFrame([asdict(case) for case in cases], columns=list(Case.__dataclass_fields__))
    frame["group"] = frame["group"].astype("string")
    return frame


def from_frame(frame: pd.DataFrame) -> list[Case]:
    """The inverse of `to_frame`."""
    rows = frame.astype({"group": object}).where(frame.notna(), None).to_dict("records")
    return [Case(**{name: row[name] for name in Case.__dataclass_fields__}) for row in rows]
