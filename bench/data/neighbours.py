"""A slice with its neighbours: which images lie below and above each in its volume. Pure."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from bench.data.cases import FoundImage
from bench.data.images import PixelSettings
from bench.data.names import visible
from bench.data.pixel_entry import PixelCache
from bench.errors import RequestError, listed

Z = "z"
"""The column of a manifest that says where a slice lies in its group; any numbers that rise from slice to slice."""
Place = tuple[tuple[str, ...], float]
"""A volume, and where in it."""


def with_neighbours(
    settings: PixelSettings, pixels: PixelCache, images: Sequence[tuple[FoundImage, str]]
) -> tuple[PixelSettings, PixelCache]:
    """The settings and the cache of slices that are seen with their neighbours.

    images: those in the cache, with their digests. A slice at the edge of its volume is its own neighbour there, and so
    is an image that lies at several places, of which none can be told.

    Raises:
        RequestError: an image has no place in a volume.
    """
    beside = neighbours_of(images)
    order = hashlib.sha256(json.dumps(sorted(beside.items())).encode()).hexdigest()[:16]
    rows = np.tile(np.arange(len(pixels.row))[:, None], 3)
    for digest, (below, above) in beside.items():
        rows[pixels.row[digest]] = [pixels.row[one] for one in (below, digest, above)]
    return replace(settings, order=order), replace(pixels, key=f"{pixels.key}-{order}", neighbours=rows)


def neighbours_of(images: Iterable[tuple[FoundImage, str]]) -> dict[str, tuple[str, str]]:
    """By digest, the digests of the slices below and above. Raises as `with_neighbours`."""
    known = list(images)
    times = Counter(digest for _, digest in known)
    volumes, nowhere = defaultdict[tuple[str, ...], list[tuple[float, str, str]]](list), list[str]()
    for image, digest in known:
        place = _place(image)
        if place is None:
            nowhere.append(visible(image.case_id))
        else:
            volumes[place[0]].append((place[1], image.case_id, digest))
    if nowhere:
        raise RequestError(
            f"--slices 3 needs to know which slice lies above which, and {len(nowhere)} image(s) do not say: "
            f"{listed(nowhere, 3)}. NIfTI volumes and DICOM series say it, and so do manifests with the columns group "
            f"and {Z} (numbers). Give --slices 1 where there is no order."
        )
    found = {}
    for slices in volumes.values():
        digests = [digest for _, _, digest in sorted(slices)]
        for below, digest, above in zip([digests[0], *digests], digests, [*digests[1:], digests[-1]], strict=False):
            found[digest] = (below, above) if times[digest] == 1 else (digest, digest)
    return found


def _place(image: FoundImage) -> Place | None:
    if image.part is not None:
        return (image.site, image.path), float(image.part)
    if image.volume is not None and image.height is not None:
        return (image.site, *image.volume), image.height
    try:
        z = float(image.extra[Z])
    except (KeyError, ValueError):
        return None
    return ((image.site, Z, image.group), z) if image.group is not None and np.isfinite(z) else None
