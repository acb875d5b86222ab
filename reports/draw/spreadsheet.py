"""Text that spreadsheet programs show instead of computing it."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """`text`, behind an apostrophe where spreadsheets would take it for a formula.

    The characters are those of OWASP's page "CSV Injection". A file or class may bear any name; numbers, which may
    begin with a minus, are not text and are not passed here.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
