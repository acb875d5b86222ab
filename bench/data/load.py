"""From the paths of an experiment to its case table and decoded pixels. Reads images, writes the cache."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.cache import Caches
from bench.cached_file import remove_leftovers
from bench.data.cases import Case, FoundImage, Source
from bench.data.classes import class_list, rename, say_alike
from bench.data.images import HOUNSFIELD, MAX_PIXELS, PixelSettings, digests_of
from bench.data.kinds import kind_of
from bench.data.names import visible
from bench.data.neighbours import Neighbours
from bench.data.passed_over import Entry, PassedOver
from bench.data.pixel_entry import PixelCache
from bench.data.pixels import Progress, build_cache
from bench.data.readers import DataRequest, read_images
from bench.data.reading import count_readings
from bench.errors import RequestError
from bench.quiet import quiet

UNREADABLE = "unreadable image(s), listed in tables/unreadable.csv"


@dataclass(frozen=True)
class Dataset:
    """Cases sorted by site as given and as the reader orders them, their classes in order, and their pixels.

    `settings` are those that the pixels depend on: without windows where no image has Hounsfield units.
    `skipped` lists (case_id, reason) of unreadable images that were left out on request; `passed_over` counts them and
    all else that became no case as it lies on the disk.
    """

    cases: list[Case]
    classes: tuple[str, ...]
    settings: PixelSettings
    pixels: PixelCache
    skipped: list[tuple[str, str]]
    passed_over: tuple[Entry, ...] = ()


def load_dataset(
    request: DataRequest,
    settings: PixelSettings,
    caches: Caches,
    *,
    renaming: Mapping[str, str],
    declared: Sequence[str] | None,
    skip_unreadable: bool,
    max_pixels: int = MAX_PIXELS,
    on_done: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> Dataset:
    """Read every site, decide on the classes, decode what is not in the cache yet.

    Files that killed processes left half written in the cache are removed.

    Raises:
        RequestError: as the readers, or an unreadable image where `skip_unreadable` is not set.
    """
    remove_leftovers(caches.root)
    account = PassedOver()
    request = replace(request, options=replace(request.options, passed_over=account))
    with quiet():
        images = rename(read_images(request), renaming)
    say_alike(images, account)
    all_sites = request.options.any_sites
    class_list(images, declared, all_sites=all_sites)  # before decoding, which may take long
    found = list(zip(images, digests_of(images), strict=True))
    closed = [
        (image, f"it may not be read ({digest.strerror})") for image, digest in found if isinstance(digest, OSError)
    ]
    readable = [(image, digest) for image, digest in found if isinstance(digest, str)]
    sources = {digest: image.source for image, digest in readable}
    settings = _needed(settings, sources)
    pixels = build_cache(caches.pixels, sources, settings, on_done, max_pixels=max_pixels, say=say)
    skipped = closed + [(image, pixels.unreadable[digest]) for image, digest in readable if digest in pixels.unreadable]
    if skipped and not skip_unreadable:
        raise RequestError(_unreadable_message(skipped))
    kept = [(image, digest) for image, digest in readable if digest in pixels.row]
    if settings.slices == "3":
        pixels = pixels.with_neighbours(Neighbours.of(kept))
    classes = class_list([image for image, _ in kept], declared, all_sites=all_sites)
    cases = [image.as_case(digest, *pixels.sizes[digest]) for image, digest in kept]
    for image, _ in skipped:
        account.add("left out", UNREADABLE, image.place, site=image.site)
    count_readings([(image, pixels.readings[digest]) for image, digest in kept], account)
    reasons = [(image.case_id, reason) for image, reason in skipped]
    return Dataset(cases, classes, settings, pixels, reasons, account.entries())


def _needed(settings: PixelSettings, sources: Mapping[str, Source]) -> PixelSettings:
    """Windows decide nothing where no image has Hounsfield units; then they must not name caches and runs either."""
    paths = {source.path for source in sources.values()}
    return settings if any(kind_of(path) in HOUNSFIELD for path in paths) else replace(settings, windows=())


def _unreadable_message(skipped: Sequence[tuple[FoundImage, str]]) -> str:
    first = "; ".join(f"{visible(image.place)} ({reason})" for image, reason in skipped[:10])
    more = f" and {len(skipped) - 10} more" if len(skipped) > 10 else ""
    return (
        f"{len(skipped)} image(s) cannot be read: {first}{more}. Mend or remove them, or give --skip-unreadable "
        f"to leave them out and have them listed beside the results."
    )
