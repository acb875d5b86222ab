"""A CSV or Parquet file as a table of texts. Reads files."""

import csv
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from bench.data.parquet import read_bounded
from bench.errors import RequestError
from bench.plain_file import plain

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
DELIMITERS = ",;\t"
FIRST_ROW = 2  # as a spreadsheet counts: the header is row 1
SHOWN = 10


def is_manifest(path: Path) -> bool:
    """Whether a file's name is that of a manifest."""
    return path.suffix.lower() in CSV_SUFFIXES + PARQUET_SUFFIXES


def refuse_rows(file: Path, what: str, wrong: Iterable[bool], advice: str, paths: Sequence[str] = ()) -> None:
    """Raise `RequestError` with the first ten numbers of the wrong rows, as a spreadsheet counts.

    `paths` are those that the rows name; of the first wrong one it is shown.
    """
    rows = [number for number, bad in enumerate(wrong) if bad]
    if rows:
        shown = ", ".join(str(number + FIRST_ROW) for number in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        first = f"; the first is for {paths[rows[0]]!r}" if paths else ""
        raise RequestError(f"{len(rows)} row(s) of {file} {what}: row(s) {shown}{more}{first}. {advice}")


def read_table(path: Path) -> pd.DataFrame:
    """All cells as text stripped of blanks, empty where there is none; columns as in the header.

    A byte-order mark, Windows line ends, and comma, semicolon or tab as the delimiter are recognised.

    Raises:
        RequestError: no such file, not UTF-8, not a table, or a header that names a column twice.
    """
    try:
        frame = _parquet(path) if path.suffix.lower() in PARQUET_SUFFIXES else _csv(path)
    except OSError as error:
        raise RequestError(f"Cannot read the manifest {path}: {error.strerror or error}. Check the path.") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    repeated = sorted({name for name in frame.columns if list(frame.columns).count(name) > 1})
    if repeated:
        raise RequestError(_repeated_message(path, repeated))
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        frame = read_bounded(path)
    except (OSError, RequestError):
        raise
    except Exception as error:
        raise RequestError(f"{path} is no Parquet file: {error}. Write it anew.") from None
    texts = frame.astype(object).where(frame.notna(), "")
    return texts.map(_cell).reset_index(drop=True)


def _cell(value: object) -> str:
    """Whole numbers that pandas has widened to floats read as they were meant: 7.0 is 7."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _csv(path: Path) -> pd.DataFrame:
    try:
        with plain(path).open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            delimiter = max(DELIMITERS, key=header.count)
            if "\0" in header:
                raise RequestError(f"{path} holds zero bytes; it is no UTF-8 text. Save the table as CSV in UTF-8.")
            if not header.strip():
                raise RequestError(f"{path} begins with an empty line; its first line must name the columns.")
            _refuse_repeated(path, header, delimiter)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows with more cells than the header
            frame = pd.read_csv(
                path,
                sep=delimiter,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                skip_blank_lines=False,
                index_col=False,
            )
    except UnicodeDecodeError as error:
        raise RequestError(_encoding_message(path, error)) from None
    except pd.errors.ParserWarning:
        raise RequestError(_too_long_message(path, delimiter)) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        text = str(error).removeprefix("Error tokenizing data. ").strip()
        raise RequestError(
            f"{path} is no table with {delimiter!r} between its columns: {text}. Mend that row."
        ) from None
    while len(frame) and not frame.iloc[-1].str.strip().any():
        frame = frame.iloc[:-1]  # empty lines at the end
    return frame.apply(lambda column: column.fillna("").str.strip())


def _refuse_repeated(path: Path, header: str, delimiter: str) -> None:
    """pandas would rename the second of two equal columns without a word."""
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RequestError(_repeated_message(path, repeated))


def _repeated_message(path: Path, names: list[str]) -> str:
    named = ", ".join(name or "(without a name)" for name in names)
    return f"{path} names column(s) {named} more than once. Rename or remove them."


def _too_long_message(path: Path, delimiter: str) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        columns = len(next(rows))
        row = next((number for number, cells in enumerate(rows, start=FIRST_ROW) if len(cells) > columns), FIRST_ROW)
    return f"Row {row} of {path} has more cells than the header has columns ({columns}). Mend that row."


def _encoding_message(path: Path, error: UnicodeDecodeError) -> str:
    line = path.read_bytes()[: error.start].count(b"\n") + 1 if error.start < len(error.object) else 1
    return (
        f"{path} is not UTF-8 (near line {line}); it may have been saved in a Windows or Latin encoding, or as UTF-16. "
        f"Save it as CSV in UTF-8."
    )
