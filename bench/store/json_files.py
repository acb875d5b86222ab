"""Files of JSON as typed records, which may hold their own digest. Reads files."""

import json
import re
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from bench.errors import RequestError
from bench.formats import refuse_newer, stamp
from bench.plain_file import plain
from bench.store.digests import CHANGED, digest_of

Record = TypeVar("Record")


class DamagedError(ValueError):
    """A file cannot be read, or is not what it should be; the text is the reason, in a line."""


def read_json(file: Path, kind: type[Record]) -> Record:
    """A file as a pydantic model, a dataclass, or a list of them.

    Raises:
        DamagedError: it is not there or damaged.
        NewerError: it has a format of a later release.
    """
    try:
        content = plain(file).read_bytes()
    except OSError as error:
        raise DamagedError(str(error)) from None
    _refuse_broken_seal(content, file.name)
    refuse_newer(content, file)
    try:
        record: Record = _checker(cast(Hashable, kind)).validate_json(content)
        return record
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedError(f"{place}: {first['msg']}" if place else first["msg"]) from None


@cache
def _checker(kind: Any) -> TypeAdapter[Any]:
    """To make it takes longer than to read a file with it."""
    return TypeAdapter(kind)


def sealed(text: str, name: str, beside: Mapping[str, str] | None = None) -> str:
    """An object of JSON, its format first and last an entry `sha256`: digests of files beside it, its own as `name`.

    Its own is that of the text in which it is empty.
    """
    content = {**stamp(), **json.loads(text), "sha256": {**(beside or {}), name: ""}}
    whole, empty = json.dumps(content, indent=1, allow_nan=False) + "\n", f'"{name}": ""'
    before, _, after = whole.rpartition(empty)
    return f'{before}"{name}": "{digest_of(whole.encode())}"{after}'


def _refuse_broken_seal(content: bytes, name: str) -> None:
    """Raise `DamagedError` where a file is not as `sealed` left it; one that was never sealed passes."""
    entries = list(re.finditer(rb'"' + re.escape(name).encode() + rb'": "([^"]*)"', content))
    if not entries:
        if b'"sha256": {' in content:
            raise DamagedError(CHANGED)
        return
    start, end = entries[-1].span(1)
    if digest_of(content[:start] + content[end:]).encode() != content[start:end]:
        raise DamagedError(CHANGED)


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
