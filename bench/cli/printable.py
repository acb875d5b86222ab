"""Makes printing never fail: what an encoding cannot show is printed in ASCII forms. Changes the standard streams."""

import codecs
import io
import sys
import unicodedata

from bench.printing import code_units, show_what_libraries_say

HANDLER = "gapbench-ascii-forms"
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
    """Let standard output and errors show ASCII forms of what their encoding lacks."""
    codecs.register_error(HANDLER, _ascii_forms)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
    show_what_libraries_say()


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
