"""From the paths of an experiment to its case table and decoded pixels. Reads images, writes the cache."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cache import Caches
from bench.data.cases import Case, FoundImage
from bench.data.classes import class_list, rename
from bench.data.images import PixelSettings
from bench.data.pixels import PixelCache, Progress, build_cache, digests_of
from bench.data.tree import read_tree
from bench.errors import RequestError


@dataclass(frozen=True)
class Dataset:
    """Cases sorted by site as given and by path, their classes in order, and their decoded pixels.

    `skipped` lists (case_id, reason) of unreadable images that were left out on request.
    """

    cases: list[Case]
    classes: tuple[str, ...]
    pixels: PixelCache
    skipped: list[tuple[str, str]]


def load_dataset(
    sites: Mapping[str, Path],
    settings: PixelSettings,
    caches: Caches,
    *,
    renaming: Mapping[str, str],
    declared: Sequence[str] | None,
    skip_unreadable: bool,
    on_done: Progress | None = None,
) -> Dataset:
    """Read every site, settle the classes, decode what is not in the cache yet.

    Raises:
        RequestError: as the readers, or an unreadable image where `skip_unreadable` is not set.
    """
    images = [image for site, root in sites.items() for image in read_tree(root, site)]
    images = rename(images, renaming)
    class_list(images, declared)  # before decoding, which may take long
    digests = digests_of([Path(image.path) for image in images])
    files = {digest: Path(image.path) for digest, image in zip(digests, images, strict=True)}
    pixels = build_cache(caches.pixels, files, settings, on_done)
    skipped = [
        (image, pixels.unreadable[digest])
        for image, digest in zip(images, digests, strict=True)
        if digest in pixels.unreadable
    ]
    if skipped and not skip_unreadable:
        raise RequestError(_unreadable_message(skipped))
    kept = [(image, digest) for image, digest in zip(images, digests, strict=True) if digest in pixels.row]
    classes = class_list([image for image, _ in kept], declared)
    cases = [_case(image, digest, pixels) for image, digest in kept]
    return Dataset(cases, classes, pixels, [(image.case_id, reason) for image, reason in skipped])


def _case(image: FoundImage, digest: str, pixels: PixelCache) -> Case:
    width, height = pixels.sizes[digest]
    return Case(image.case_id, image.path, image.label, image.group, image.site, digest, width, height)


def _unreadable_message(skipped: Sequence[tuple[FoundImage, str]]) -> str:
    first = "; ".join(f"{image.path} ({reason})" for image, reason in skipped[:10])
    more = f" and {len(skipped) - 10} more" if len(skipped) > 10 else ""
    return (
        f"{len(skipped)} image(s) cannot be read: {first}{more}. Mend or remove them, or give --skip-unreadable "
        f"to leave them out and have them listed beside the results."
    )
