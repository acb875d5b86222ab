"""Reads a manifest: a CSV or Parquet table with a row for each image. Reads files' status and headers."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from bench.data.cases import COLUMNS as CASE_COLUMNS
from bench.data.cases import INTERNAL, FoundImage
from bench.data.images import HOUNSFIELD
from bench.data.kinds import kind_of
from bench.data.manifest.columns import Manifest, named
from bench.data.manifest.doubts import say_what_nobody_named
from bench.data.manifest.lookalikes import columns_like
from bench.data.manifest.paths import Placed, paths_of
from bench.data.manifest.table import read_table
from bench.data.options import MANIFEST_COLUMNS, ReadOptions
from bench.data.parts import images_of_file
from bench.errors import RequestError

LONGEST_PART = 9  # digits


def read(file: Path, site: str | None, options: ReadOptions) -> list[FoundImage]:
    """The images of a manifest in its order, sites as first named, the internal one first.

    Paths are relative to the manifest. With `site` None the column `site` decides, and must name `internal` unless any
    sites will do; otherwise all rows are of `site`.

    Raises:
        RequestError: a column or row is wrong; row numbers are a spreadsheet's, the first ten are shown.
    """
    manifest = Manifest(file, named(file, read_table(file), options), options)
    manifest.refuse_rows("have no path", (not cell for cell in manifest.cells("path")))
    manifest.refuse_rows("have no label", (not cell for cell in manifest.cells("label")))
    sites = _sites(manifest, site)
    opened = _without_others(manifest, sites) if options.internal_only else manifest
    placed = paths_of(opened, "path")
    masks = paths_of(opened, "mask").paths if "mask" in manifest.table else [""] * len(sites)
    images = list(_images(manifest, sites, placed, masks))
    say_what_nobody_named(manifest, site, images)
    order = [INTERNAL, *dict.fromkeys(image.site for image in images)]
    return sorted(images, key=lambda image: order.index(image.site))


def _without_others(manifest: Manifest, sites: Sequence[str]) -> Manifest:
    """The same rows, so that their numbers stay, but without the paths of other sites."""
    table = manifest.table.copy()
    table.loc[[name != INTERNAL for name in sites], [name for name in ("path", "mask") if name in table]] = ""
    return Manifest(manifest.file, table, manifest.options)


def _sites(manifest: Manifest, site: str | None) -> list[str]:
    given = manifest.cells("site")
    if site is not None:
        if len(set(given)) > 1:
            raise RequestError(
                f"{manifest.file} names several sites ({', '.join(sorted(set(given))[:5])}), but was given for site "
                f"'{site}' alone. Give it as --data, or split it."
            )
        return [site] * len(given)
    if "site" not in manifest.table:
        raise RequestError(
            f"{manifest.file} (--data) has no column {manifest.options.column('site')!r} to say which rows are "
            f"internal. Add it, or give the manifest by --internal or --external.{_other_name(manifest)}"
        )
    manifest.refuse_rows("have no site", (not cell for cell in given))
    if INTERNAL not in given and not manifest.options.any_sites:
        raise RequestError(
            f"No row of {manifest.file} has the site 'internal'; sites found: {', '.join(sorted(set(given))[:5])}. "
            f"Call the site to cross-validate on 'internal'."
        )
    return given


def _other_name(manifest: Manifest) -> str:
    others = columns_like("site", manifest.table, MANIFEST_COLUMNS)
    return f" By its name: --column site={others[0]}." if others else ""


def _images(manifest: Manifest, sites: Sequence[str], placed: Placed, masks: Sequence[str]) -> Iterator[FoundImage]:
    given, parts = manifest.cells("case_id"), _parts(manifest)
    names = [meant or cell for meant, cell in zip(placed.cells, manifest.cells("path"), strict=True)]
    ids = [
        f"{site}/{own or os.path.normpath(path)}{'' if part is None else f'#{part}'}"
        for site, own, path, part in zip(sites, given, names, parts, strict=True)
    ]
    shown = [
        f"{site}/{own or path or name}#{part}"
        for site, own, path, name, part in zip(sites, given, placed.paths, names, parts, strict=True)
    ]
    repeated = pd.Series(ids).duplicated(keep=False) | pd.Series(shown).duplicated(keep=False)
    manifest.refuse_rows(
        "name the same image, or have the same case_id, at one site",
        repeated,
        "Mend them; or, where case_id is the patient, give --column group=case_id." if any(given) else "Mend them.",
    )
    extras = _extras(manifest, masks)
    labels, groups = manifest.cells("label"), manifest.cells("group")
    for number, case_id in enumerate(ids):
        if manifest.options.internal_only and sites[number] != INTERNAL:
            continue
        extra = {name: cells[number] for name, cells in extras.items() if cells[number]}
        image = FoundImage(
            case_id, placed.paths[number], labels[number], sites[number], groups[number] or None, parts[number], extra
        )
        yield from [image] if image.part is not None else _expanded(image, manifest.options)


def _expanded(image: FoundImage, options: ReadOptions) -> list[FoundImage]:
    """A row without a part means every image that its file holds."""
    try:
        kind = kind_of(Path(image.path))
    except OSError:
        return [image]  # decoding will say why
    return images_of_file(image, kind, options) if kind in HOUNSFIELD else [image]


def _parts(manifest: Manifest) -> list[int | None]:
    cells = manifest.cells("part")
    manifest.refuse_rows(
        "have a part that is no whole number from 0 on (frame of a DICOM file, slice of a NIfTI volume)",
        (bool(cell) and not (cell.isdecimal() and len(cell) <= LONGEST_PART) for cell in cells),
    )
    return [int(cell) if cell else None for cell in cells]


def _extras(manifest: Manifest, masks: Sequence[str]) -> dict[str, Sequence[str]]:
    """Columns that are kept as they are; one that the case table has for itself gets `(given)` behind its name."""
    known = ("path", "label", "group", "site", "part", "case_id", "mask")
    others = {
        f"{name} (given)" if name in CASE_COLUMNS else str(name): manifest.cells(name)
        for name in manifest.table.columns
        if name not in known
    }
    return {**({"mask": masks} if any(masks) else {}), **others}
