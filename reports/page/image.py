"""A picture of a page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """An encoded picture; kind is its media type (image/jpeg)."""

    data: bytes
    kind: str
    alt: str
