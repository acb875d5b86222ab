"""All images below a source, read and measured. Reads images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.audit.findings import Finding, find_all
from bench.audit.inventory import Inventory, take_inventory
from bench.audit.measure import Measured, measure
from bench.config.experiment import Experiment
from bench.data.images import PixelSettings
from bench.data.manifest.table import is_manifest
from bench.data.options import GroupBy, ReadOptions
from bench.data.pseudonyms import Pseudonyms
from bench.data.reading import count_readings
from bench.initial.source import Source, descended, entries, folders_of_sites, public_set, refuse_no_path
from bench.initial.table_source import table_of, table_source
from bench.initial.tree_source import inner_layout, tree_source


@dataclass(frozen=True)
class Looked:
    """What is there: `images` as measured, in the order of the inventory, and the copies among them."""

    source: Source
    inventory: Inventory
    images: list[Measured]
    copies: list[Finding]


def find_source(given: Path, look: Experiment, ours: Path) -> Source:
    """How the images of a path are laid out. look: what the user said of it; ours: a table that an earlier call wrote.

    Raises:
        RequestError: nothing is there that could be trained on.
    """
    path = refuse_no_path(given)
    if path.is_file():
        return table_source(path, look.columns)
    folder = descended(path)
    sites = folders_of_sites(folder)
    if sites is not None:
        return inner_layout(sites, allow_outside=look.allow_outside, tree=look.tree)
    known = public_set(folder)
    if known is not None:
        return known
    table = table_of(folder, [file for file in entries(folder)[1] if is_manifest(file)], ours)
    if table is not None:
        return table_source(table, look.columns)
    return tree_source(folder, allow_outside=look.allow_outside, tree=look.tree)


def look_through(source: Source, look: Experiment, on_done: Callable[[int, int], None] | None = None) -> Looked:
    """Read and measure every image.

    Raises:
        RequestError: as the readers.
    """
    inventory = inventory_of(source, look)
    settings = PixelSettings(windows=tuple(look.windows))
    images = measure(inventory.images, settings, look.max_pixels, on_done)
    count_readings([(m.image, m.reading) for m in images if m.reading], inventory.passed_over)
    copies = [finding for finding in find_all(images, ()) if finding.kind in ("identical", "near duplicate")]
    return Looked(source, inventory, images, copies)


def inventory_of(source: Source, look: Experiment, group_by: GroupBy = "patient") -> Inventory:
    """The images of a source, whichever sites they are of."""
    root = Path(look.root).expanduser().resolve() if look.root else None
    options = ReadOptions(
        Pseudonyms.fresh(),
        source.columns,
        allow_outside=look.allow_outside,
        tree=source.tree,
        group_by=group_by,
        root=root,
        any_sites=True,
    )
    return take_inventory(source.texts, source.reader, options)


def with_patients_by(looked: Looked, level: GroupBy, look: Experiment) -> Looked:
    """The same where each study or series counts as a patient."""
    images: Sequence[Measured] = looked.images
    inventory = inventory_of(looked.source, look, level)
    renewed = [replace(m, image=image) for m, image in zip(images, inventory.images, strict=True)]
    return replace(looked, images=renewed)
