"""Typed records that are kept as JSON. Reads files."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

Record = TypeVar("Record")


class DamagedError(ValueError):
    """A file that cannot be read or is not what its name says; the text is the reason, in a line."""


def read_json(file: Path, kind: type[Record]) -> Record:
    """A file as a pydantic model or dataclass.

    Raises:
        DamagedError: there is no such file, or it is damaged.
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
