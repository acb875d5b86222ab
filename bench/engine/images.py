"""The images of an experiment: where they lie, and how they become cases and pixels. Reads images, fills caches."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL
from bench.data.images import PixelSettings
from bench.data.load import Dataset, load_dataset
from bench.data.manifest.table import is_manifest
from bench.data.options import EVERY_SITE, ReadOptions
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.engine.progress import DecodingProgress
from bench.locks import one_at_a_time
from bench.terminal import Terminal
from bench.version import __version__

Say = Callable[[str], None]


def data_request(
    experiment: Experiment, caches: Caches, pseudonyms: Pseudonyms, *, internal_only: bool = False
) -> DataRequest:
    """Where the experiment's images lie and how they are read. internal_only: no image of another site is opened."""
    options = ReadOptions(
        pseudonyms,
        experiment.columns,
        experiment.multilabel,
        experiment.allow_outside,
        experiment.tree,
        experiment.group_by,
        Path(absolute(experiment.root)) if experiment.root else None,
        internal_only,
        experiment.by_site,
    )
    readers = {} if experiment.uses_phantom else experiment.reader
    if experiment.internal is None:
        data = Path(absolute(experiment.data)) if experiment.data is not None else phantom_folder(caches)
        if not internal_only or is_manifest(data):
            return DataRequest(options, data=data, readers=readers)
        sites = {INTERNAL: data / INTERNAL}
    else:
        given = {INTERNAL: experiment.internal} | ({} if internal_only else experiment.external)
        sites = {name: Path(absolute(path)) for name, path in given.items()}
    if internal_only:
        readers = {site: name for site, name in readers.items() if site in (INTERNAL, EVERY_SITE)}
    return DataRequest(options, sites=sites, readers=readers)


def load_images(
    request: DataRequest,
    experiment: Experiment,
    caches: Caches,
    settings: PixelSettings | None = None,
    terminal: Terminal | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Dataset:
    """The cases that a request names and their pixels, read as the experiment says.

    settings: of the pixels, where not those of the experiment; terminal: where decoding is shown; meanwhile: called
    after each image that is decoded.

    Raises:
        RequestError: they cannot be read, or name other classes.
    """
    with DecodingProgress(terminal or Terminal(quiet=True)) as decoding:

        def on_done(done: int, total: int) -> None:
            decoding.update(done, total)
            if meanwhile:
                meanwhile()

        return load_dataset(
            request,
            settings or experiment.pixels,
            caches,
            renaming=experiment.classes,
            declared=experiment.class_order,
            skip_unreadable=experiment.skip_unreadable,
            max_pixels=experiment.max_pixels,
            on_done=on_done if terminal or meanwhile else None,
            say=terminal.say if terminal else None,
        )


def of_size(experiment: Experiment, image_size: int) -> PixelSettings:
    """The experiment's pixel settings with another image size."""
    return replace(experiment.pixels, image_size=image_size)


def absolute(path: str) -> str:
    """So that a stored experiment can be repeated from any folder."""
    return str(Path(path).expanduser().resolve())


def phantom_folder(caches: Caches) -> Path:
    """Where the embedded phantom is kept between runs."""
    return caches.root / f"phantom-{__version__}-600-240-0"


def ensure_phantom(experiment: Experiment, caches: Caches, terminal: Terminal) -> None:
    """Where no data was named: make the phantom if it is not there yet, and say that it stands in."""
    if not experiment.uses_phantom:
        return
    folder = phantom_folder(caches)
    terminal.say(
        f"No data given: using the embedded phantom, synthetic head-CT slices of two sites, in {folder}. "
        f"Give your own by --data, or --internal and --external."
    )
    if folder.exists():
        return
    from bench.phantom import write_phantom

    with one_at_a_time(caches.pixels.parent / ".phantom.lock"):
        if folder.exists():  # another process has made it meanwhile
            return
        with DecodingProgress(terminal, "Making the phantom") as progress:
            write_phantom(folder, cases=600, external_cases=240, seed=0, on_done=progress.update)
