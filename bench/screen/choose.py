"""From patterns and files to names of backbones. Reads files, and timm's sources."""

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from backbones.names import is_elsewhere, registered_names
from bench.errors import RequestError

WILD = "*?["
COMMENT = "#"


def chosen(given: Sequence[str]) -> list[str]:
    """The names that names, patterns and files mean, each once; whether a plain name is a backbone is not asked.

    Raises:
        RequestError: a pattern matches nothing, or a file cannot be read or names nothing.
    """
    names = [name for one in given for text in _lines(one) for name in _matching(text)]
    return list(dict.fromkeys(names))


def _lines(text: str) -> list[str]:
    """Of a file its lines without comments; else the text itself."""
    path = Path(text).expanduser()
    named_so = is_elsewhere(text) or text in registered_names()
    if named_so or not (path.exists() or path.suffix == ".txt"):
        return [text]
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RequestError(f"Cannot read {path} (--backbones): {why}. Give a text file with one name a line.") from None
    lines = [line.partition(COMMENT)[0].strip() for line in content.splitlines()]
    if not any(lines):
        raise RequestError(f"{path} (--backbones) names no backbone. Write one name or pattern a line.")
    return [line for line in lines if line]


def _matching(text: str) -> list[str]:
    if is_elsewhere(text) or not any(sign in text for sign in WILD):
        return [text]
    known = registered_names()
    found = [name for name in known if fnmatchcase(name, text)]
    if not found and "." in text:  # of weights: resnet50.*
        import timm

        found = [name for name in timm.list_pretrained() if fnmatchcase(name, text)]
    if not found:
        bare = "".join(letter for letter in text if letter not in "*?[]!")
        near = ", ".join(get_close_matches(bare, known, n=3, cutoff=0.0))
        raise RequestError(
            f"No backbone matches {text!r} (--backbones). Nearest names: {near}. In patterns * stands for anything, "
            f"? for one letter."
        )
    return found
