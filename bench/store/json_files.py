"""Files of JSON as typed records. Reads files."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.errors import RequestError

Record = TypeVar("Record")


class DamagedError(ValueError):
    """A file cannot be read, or is not what it should be; the text is the reason, in a line."""


def read_json(file: Path, kind: type[Record]) -> Record:
    """A file as a pydantic model, a dataclass, or a list of them.

    Raises:
        DamagedError: it is not there or damaged.
    """
    try:
        record: Record = TypeAdapter(kind).validate_json(file.read_bytes())
        return record
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedError(f"{place}: {first['msg']}" if place else first["msg"]) from None
    except OSError as error:
        raise DamagedError(str(error)) from None


def read_json_of(file: Path, kind: type[Record], advice: str) -> Record | None:
    """The same; None where there is no file.

    Raises:
        RequestError: it is damaged; `advice` says what to do.
    """
    if not file.exists():
        return None
    try:
        return read_json(file, kind)
    except DamagedError as error:
        raise RequestError(f"{file} is damaged ({error}). {advice}") from None
