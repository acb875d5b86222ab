"""Makes printing never fail: what an encoding cannot show is printed in ASCII forms, and what nobody reads is dropped.

Changes the standard streams.
"""

import codecs
import errno
import io
import os
import sys
import unicodedata
from typing import Any

from bench.printing import code_units, show_what_libraries_say

HANDLER = "gapbench-ascii-forms"
MESSAGES = 2  # standard error
FORMS = {
    **dict.fromkeys("–—−‐‑‒―─━", "-"),
    **dict.fromkeys("‘’“”„«»", "'"),  # no double quotes: they would end a text in JSON and CSV
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("\u00a0\u2009\u202f\u2007", " "),
    "…": "...",
    "×": "x",
    "·": ".",
    "•": "*",
    "†": "+",
    "‡": "++",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "→": "->",
    "←": "<-",
    "±": "+/-",
    "√": "sqrt ",
    "∞": "inf",
    "≠": "!=",
    "↔": "<->",
    "⁄": "/",
    "°": " degrees",
    "′": "'",
    "Σ": "sum ",
    "Φ": "Phi",
    "α": "alpha",
    "θ": "theta",
    "κ": "kappa",
    "μ": "u",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "χ": "chi",
    "ß": "ss",
}
"""ASCII forms of the signs that we print; of letters the base letter is taken, of all else the code point."""


def make_printable() -> None:
    """Let standard output and errors show ASCII forms of what their encoding lacks, and outlive who reads them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
            setattr(sys, name, _outliving(stream))
    show_what_libraries_say()


def encodable(text: str, encoding: str) -> str:
    """`text` as this encoding can show it."""
    return text.encode(encoding, HANDLER).decode(encoding)


class _Outliving(io.FileIO):
    """A pipe or file that may lose its reader, as `| head` does: what is written then goes nowhere.

    So does a message that a full disk does not take. Results that it does not take are an error.
    """

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            if error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.fileno())
                os.close(nowhere)
            elif self.fileno() != MESSAGES:
                raise
            return memoryview(content).nbytes


def _outliving(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream, where it is one of the process."""
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if type(raw) is not io.FileIO:
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outliving(raw.fileno(), "w", closefd=False)),
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def ascii_form(character: str) -> str:
    """What stands for a character where it cannot be shown; the code point as JSON writes it, where nothing better."""
    if character in FORMS:
        return FORMS[character]
    if unicodedata.combining(character):
        return ""
    base = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    plain = [part if part.isascii() else FORMS.get(part, "") for part in base]
    if all(plain):
        return "".join(plain)
    return code_units(character)


def _ascii_forms(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_form, error.object[error.start : error.end])), error.end


codecs.register_error(HANDLER, _ascii_forms)
