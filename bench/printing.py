"""The one way to standard output and errors: texts as they are, but for signs that would steer the terminal. Prints."""

import logging
import sys
import traceback
import unicodedata
import warnings
from contextlib import suppress
from types import TracebackType
from typing import TextIO

STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, marks of direction, halves of characters and separators of lines."""
_KEPT = "\n\u200c\u200d"  # the joiners, which scripts and emoji need, steer nothing
_SHOW_CURSOR = "\x1b[?25h"  # which a progress bar hides


def shown(text: str) -> str:
    """`text` with its lines, and with an escape for each sign that would steer a terminal: ESC as `\\x1b`.

    Beyond ASCII escapes are those of JSON, so that a text of JSON still means the same.
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(_escape(sign) if _steers(sign) else sign for sign in text)


def _steers(sign: str) -> bool:
    return sign not in _KEPT and unicodedata.category(sign) in STEERING


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode() if sign < "\x7f" else code_units(sign)


def code_units(sign: str) -> str:
    """A character as JSON writes it in ASCII: `\\u202e`."""
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def to_output(text: str, end: str = "\n") -> None:
    """To standard output, at once."""
    print(shown(text), end=end, flush=True)


def to_errors(text: str) -> None:
    """To standard error: what is said beside the output, which may go into a file; not where that is closed."""
    with suppress(OSError):
        print(shown(text), file=sys.stderr, flush=True)


def show_cursor() -> None:
    """Undo what a progress bar that was killed did to the terminal."""
    if sys.stdout.isatty():
        print(_SHOW_CURSOR)


def show_what_libraries_say() -> None:
    """Let tracebacks, warnings and log lines of libraries, which may quote names, take the same way."""
    sys.excepthook = _show_error
    warnings.showwarning = _show_warning
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Shown())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(shown(f"{category.__name__}: {message}"), file=file or sys.stderr)


def _show_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    to_errors("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))


class _Shown(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))
