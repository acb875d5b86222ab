"""Subgroups as they are asked for, `sex` or `age:40:65`, and the level that a cell of such a column means. Pure."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from bench.data.manifest.lookalikes import is_called
from bench.errors import RequestError

MOST_LEVELS = 20
TAGS = {"sex": "PatientSex", "age": "PatientAge", "vendor": "Manufacturer", "slice_thickness": "SliceThickness"}
"""Subgroups that headers of DICOM files know, by the tag that says them."""
NUMBERS = ("age", "slice_thickness")
_OF_CASES = ("path", "label", "group", "site", "mask", "part", "case_id", "digest")
_IDENTIFYING = re.compile(
    "ids?|uids?|guid|mrn|pid|ptid|ssn|names?|surname|forename|firstname|lastname|initials|pseudonym|hash|dob|birth|"
    "birthda(y|te)|birthyear|dates?|datetime|datum|time|address|street|zip|postcode|phone|telephone|email|accession|"
    "insurance"
)
_OF_DEVICES = {"manufacturer", "model", "vendor", "scanner", "device", "protocol", "kernel"}
_JOINED = (
    "(patient|subject|person|study|series|acquisition|content|other)?s?"
    "(name|id|uid|dates?|birthda(y|te)|initials|address)"
)
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


@dataclass(frozen=True)
class Subgroup:
    """An attribute of cases. cuts: where its bands begin, rising; none where each value is a level.

    The name of a column in a results folder is `text`, as it was asked for.
    """

    name: str
    cuts: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Subgroup":
        """`age:40:65` is the column age in the bands <40, 40–65 and ≥65.

        Raises:
            RequestError: no name, cuts that do not rise, numbers without bands, or a name that identifies people.
        """
        name, *cells = (part.strip() for part in text.split(":"))
        try:
            cuts = tuple(float(cell) for cell in cells)
        except ValueError:
            cuts = (float("nan"),)
        if not name or not all(
            low < high for low, high in zip((float("-inf"), *cuts), (*cuts, float("inf")), strict=True)
        ):
            raise RequestError(
                f"a subgroup is a column, or a column and rising numbers at which its bands begin, such as sex or "
                f"age:40:65, not {text[:60]!r}"
            )
        if identifies(name):
            raise RequestError(
                f"{name!r} names cases or people, and is never kept. Subgroups are attributes that many patients "
                f"share, such as sex, age:40:65 or vendor"
            )
        if name in NUMBERS and not cuts:
            raise RequestError(
                f"{name} is a number: say where its bands begin, such as {name}:{'40:65' if name == 'age' else '2:5'}"
            )
        return cls(name, cuts)

    @property
    def text(self) -> str:
        """As it is asked for."""
        return ":".join([self.name, *(f"{cut:g}" for cut in self.cuts)])

    @property
    def bands(self) -> tuple[str, ...]:
        """The levels of numbers, from the lowest."""
        if not self.cuts:
            return ()
        inner = (f"{low:g}–{high:g}" for low, high in zip(self.cuts, self.cuts[1:], strict=False))
        return (f"<{self.cuts[0]:g}", *inner, f"≥{self.cuts[-1]:g}")

    def level(self, cell: str) -> str | None:
        """The level of a cell: its band, or the cell itself; None where it is empty, or no number in need of a band."""
        if not self.cuts:
            return cell.strip() or None
        number = number_in(cell)
        return None if number is None else self.bands[bisect_right(self.cuts, number)]


def number_in(cell: str) -> float | None:
    """A number, or the years of an age as DICOM writes it (045Y, 006M); None where it is neither."""
    if age := _AGE.fullmatch(cell.strip().upper()):
        return int(age[1]) * _YEARS[age[2]]
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def identifies(name: str) -> bool:
    """Whether a column is called as what names cases or people: identifiers, names, dates, addresses."""
    words = {word.casefold() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    joined = re.sub(r"[\W_]", "", name.casefold())
    return (
        name.casefold() in _OF_CASES
        or is_called("group", name)
        or re.fullmatch(_JOINED, joined) is not None
        or (any(map(_IDENTIFYING.fullmatch, words)) and not ("name" in words and words & _OF_DEVICES))
    )
