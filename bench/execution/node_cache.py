"""A place that all machines read, by a URL of fsspec (file://, s3://, gs://, …). Reads and writes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.errors import RequestError
from bench.execution.delivery import CHUNK, NotDeliveredError, Parcel, chunks_of


@dataclass(frozen=True)
class NodeCache:
    """Files named by the digests of their bytes; one that is there is not written again."""

    url: str

    def __str__(self) -> str:
        return self.url

    def chunks(self, parcel: Parcel) -> Iterator[bytes]:
        """The bytes of a parcel.

        Raises:
            NotDeliveredError: it is not there, or the URL cannot be read from here.
        """
        try:
            files, place = self._opened()
            with files.open(f"{place}/{parcel.name}", "rb") as opened:
                while chunk := opened.read(CHUNK):
                    yield chunk
        except Exception as error:  # whatever the library of that protocol raises
            raise NotDeliveredError(
                f"{self.url}/{parcel.name} cannot be read from this machine: {_words(error)}."
            ) from error

    def put(self, root: Path, parcels: Sequence[Parcel]) -> None:
        """Upload from a cache what is not there yet.

        Raises:
            RequestError: the URL cannot be written to.
        """
        try:
            files, place = self._opened()
            files.makedirs(place, exist_ok=True)
            for parcel in parcels:
                file, name = root / parcel.place, f"{place}/{parcel.name}"
                if files.exists(name) and files.size(name) == file.stat().st_size:
                    continue
                temporary = f"{name}.{uuid4().hex[:8]}.tmp"
                with files.open(temporary, "wb") as opened:
                    for chunk in chunks_of(file):
                        opened.write(chunk)
                files.mv(temporary, name)
        except Exception as error:
            raise RequestError(
                f"--node-cache {self.url} cannot be written to: {_words(error)}. Give a URL that this machine may "
                f"write to and all nodes may read."
            ) from error

    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        files, place = url_to_fs(self.url)
        return files, place.rstrip("/")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().rstrip(".")
