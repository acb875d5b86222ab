"""What a manifest seems to say and nobody asked for: patients, hospitals, names that look alike. Pure."""

from collections.abc import Sequence

from bench.data.cases import FoundImage
from bench.data.manifest.columns import Manifest
from bench.data.manifest.lookalikes import columns_like
from bench.data.names import alike, spelled
from bench.data.options import MANIFEST_COLUMNS
from bench.data.sites import called_like_site
from bench.errors import listed


def say_what_nobody_named(manifest: Manifest, site: str | None, images: Sequence[FoundImage]) -> None:
    """Count in `passed_over` what a column that was not asked for would change; `site` is that of all rows."""
    _say_patients(manifest, images)
    if site is not None:
        _say_sites(manifest, site)
    for one, other, *_ in alike({image.group for image in images if image.group}):
        manifest.options.passed_over.add(
            "doubtful",
            "set(s) of patients whose names look alike and count as different ones",
            f"{spelled(one, other)} and {spelled(other, one)}",
        )


def _say_patients(manifest: Manifest, images: Sequence[FoundImage]) -> None:
    unknown = [image for image in images if image.group is None]
    columns = [] if "group" in manifest.table else columns_like("group", manifest.table, MANIFEST_COLUMNS)
    if not unknown or not columns:
        return
    best, *others = columns
    names = len(set(manifest.cells(best)) - {""})
    also = f" (or {listed(others, 3)})" if others else ""
    manifest.options.passed_over.add(
        "doubtful",
        f"image(s) that count as a patient each, though column {best!r} looks like patients ({names} of them)",
        unknown[0].case_id,
        number=len(unknown),
        advice=f"To hold a patient's images out together, give --column group={best}{also}.",
    )


def _say_sites(manifest: Manifest, site: str) -> None:
    if "site" in manifest.table:
        return
    columns = columns_like("site", manifest.table, MANIFEST_COLUMNS)
    if columns:
        found = sorted(set(manifest.cells(columns[0])) - {""})
        manifest.options.passed_over.add(
            "doubtful",
            f"image(s) that count as one site, though column {columns[0]!r} looks like sites ({listed(found, 3)})",
            number=len(manifest.table),
            site=site,
            advice=f"Call one of them internal and give --data {manifest.file} --column site={columns[0]}.",
        )
    folders = {part for cell in manifest.cells("path") for part in cell.replace("\\", "/").split("/")[:-1]}
    sites = sorted(name for name in folders if called_like_site(name))
    if len(sites) > 1:
        manifest.options.passed_over.add(
            "doubtful",
            f"image(s) that count as one site, though their folders are called like sites ({listed(sites, 3)})",
            number=len(manifest.table),
            site=site,
            advice=f"Add a column site and give --data {manifest.file}.",
        )
