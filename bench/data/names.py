"""Names of classes, patients and sites: as they are meant, as they can be shown, and those that look alike. Pure."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile

_UNSEEN = "\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]|(?<![^\\x00-\\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\\x7f])")
_SPACE = re.compile(r"[^\S\x00-\x1f]")  # line breaks and other control characters are shown as escapes
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_JOINT = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=\w)|(?<=\w)[\s_-]+(?=[^\W\d_])")
_CYRILLIC = "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0443\u0445"
_GREEK = "\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba"
_ALIKE = str.maketrans(_CYRILLIC + _GREEK, "aceijopsyx" + "aopvik")


def visible(text: str) -> str:
    """`text` on one line: control characters, line breaks and half characters are written as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def normal(text: str) -> str:
    """`text` in Unicode's NFC, without blanks around it and characters that have no width, 101.0 as 101.

    Any blank is a plain one. The joiners U+200C and U+200D stay between two characters beyond ASCII, where scripts and
    emoji need them.
    """
    if text.isascii() and not text.endswith("0"):
        return text.strip()  # nearly every cell
    bare = _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()
    return _WHOLE.sub(r"\1", bare) if _WHOLE.fullmatch(bare) else bare


def alike(names: Iterable[str]) -> list[list[str]]:
    """Names that differ in case, blanks, hyphens, accents or look-alike letters alone, together, each group sorted."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        groups[_looks(name)].add(name)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def _looks(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(char for char in plain if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    return _JOINT.sub("", letters.translate(_ALIKE).strip())


def spelled(name: str, other: str) -> str:
    """`name` in quotes, with the code points of what sets it apart from `other`: `'Bern' (U+0042)`."""
    start = _shared(name, other)
    end = _shared(name[start:][::-1], other[start:][::-1])
    apart = name[start : len(name) - end]
    points = " ".join(f"U+{ord(char):04X}" for char in apart)
    return f"'{visible(name)}' ({points or 'nothing where the other has more'})"


def as_meant(given: str, meant: str) -> str:
    """`'101.0' as '101'`; what a screen shows alike is given in code points."""
    first = f"'{visible(given)}'" if given.isascii() else spelled(given, meant)
    return f"{first} as '{visible(meant)}'"


def _shared(a: str, b: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
