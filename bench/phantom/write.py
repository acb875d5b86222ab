"""Writes a phantom to disk: images, masks and manifest, rendered by a pool of processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from threadpoolctl import threadpool_limits

from bench.new_output import new_folder
from bench.phantom.case import Case, render_case
from bench.phantom.difficulty import CLASSES
from bench.phantom.population import hospitals, parameters
from bench.phantom.sites import INTERNAL, SITES, Site
from bench.phantom.volume import check_slices, render_volume
from bench.processes import deaf_children, serve_parent

_PNG_LEVEL = 1  # of zlib: a tenth larger than the default and several times faster
_CHUNK = 8


@dataclass(frozen=True)
class _Job:
    folder: Path
    seed: int
    site: Site
    index: int
    slices: int


def write_phantom(
    out: Path,
    *,
    cases: int = 600,
    external_cases: int = 240,
    seed: int = 0,
    slices: int = 1,
    sites: int = len(SITES),
    workers: int | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> None:
    """Write a phantom of two sites or more into `out`, which must not exist yet or be an empty folder.

    slices: of each head; with more than one a case is a head, whose slices may be normal though it is not. More than
    two sites are drawn from a population (`hospitals`); sites.csv says what was drawn. Each external site has
    `external_cases`. The bytes depend on `seed` and `slices` alone, not on `workers` (processes; default: one per CPU),
    and case i of a site is the same however many are asked for. `on_done(done, total)` is called after each slice.

    Raises:
        ValueError: a number is wrong, such as too few cases.
        RequestError, WriteError: as of `new_folder`.
        BrokenProcessPool: a worker was killed.
    """
    _check(cases, external_cases, seed, slices, sites, workers)
    with new_folder(Path(out)) as folder:
        drawn = hospitals(seed, sites)
        _make_folders(folder, drawn)
        jobs = [
            _Job(folder, seed, site, index, slices)
            for site in drawn
            for index in range(cases if site.name == INTERNAL.name else external_cases)
        ]
        rows = list[dict[str, str]]()
        for of_case in _render_all(jobs, workers or os.cpu_count() or 1):
            for row in of_case:
                rows.append(row)
                if on_done is not None:
                    on_done(len(rows), len(jobs) * slices)
        _write_table(folder / "manifest.csv", rows)
        if drawn != SITES:
            _write_table(folder / "sites.csv", [parameters(site) for site in drawn])


def _check(cases: int, external_cases: int, seed: int, slices: int, sites: int, workers: int | None) -> None:
    if min(cases, external_cases) < len(CLASSES):
        raise ValueError(
            f"The phantom needs at least {len(CLASSES)} cases per site, one per class; asked for were {cases} internal "
            f"and {external_cases} external cases. Raise --cases or --external-cases."
        )
    if seed < 0:
        raise ValueError(f"The phantom's seed must be zero or more, not {seed}. Give another --seed.")
    check_slices(slices)
    if sites < len(SITES):
        raise ValueError(f"The phantom has at least {len(SITES)} sites, not {sites}. Raise --sites.")
    if workers is not None and workers < 1:
        raise ValueError(f"The phantom needs at least one worker process, not {workers}. Raise the number of workers.")


def _folder(site: Site) -> str:
    """As `--data` reads it: internal, external, or external-NAME."""
    return site.name if site.name in (one.name for one in SITES) else f"external-{site.name}"


def _make_folders(root: Path, sites: Sequence[Site]) -> None:
    for site in sites:
        for label in CLASSES:
            (root / _folder(site) / label).mkdir(parents=True)
            (root / "masks" / _folder(site) / label).mkdir(parents=True)


def _render_all(jobs: list[_Job], workers: int) -> Iterator[list[dict[str, str]]]:
    """Manifest rows of each job, in their order."""
    if workers == 1:
        with threadpool_limits(1):
            yield from map(_write_case, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_set_up_worker) as pool:
        try:
            with deaf_children():
                written = pool.map(_write_case, jobs, chunksize=_CHUNK)
            yield from written
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _set_up_worker() -> None:
    # the processes fill the cores already, and one thread sums in one order
    threadpool_limits(1)
    serve_parent()


def _write_case(job: _Job) -> list[dict[str, str]]:
    """Render one case, write its images and masks, and return its manifest rows."""
    name, folder = f"{job.site.name}-{job.index:05d}", _folder(job.site)
    if job.slices == 1:
        case = render_case(job.seed, job.site, job.index)
        return [_write_slice(case, job, Path(folder, case.label, f"{name}.png"))]
    return [
        _write_slice(case, job, Path(folder, case.label, name, f"{number}.png"))
        | {"group": name, "z": str(number), "head_label": CLASSES[job.index % len(CLASSES)]}
        for number, case in enumerate(render_volume(job.seed, job.site, job.index, job.slices))
    ]


def _write_slice(case: Case, job: _Job, image_path: Path) -> dict[str, str]:
    mask_path = Path("masks") / image_path
    dpi = (25.4 / case.pixel_mm,) * 2
    for path, pixels in ((image_path, case.image), (mask_path, case.mask.astype("uint8") * 255)):
        (job.folder / path).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(job.folder / path, compress_level=_PNG_LEVEL, dpi=dpi)
    return {
        "path": image_path.as_posix(),
        "label": case.label,
        "site": job.site.name,
        "mask": mask_path.as_posix(),
        "kind": case.kind,
        "level": case.level,
        "subtle": "true" if case.subtle else "false",
        "lesion_area_mm2": f"{case.lesion_area_mm2:.1f}",
        "midline_shift_mm": f"{case.midline_shift_mm:.1f}",
    }


def _write_table(path: Path, rows: list[dict[str, str]]) -> None:
    from reports.draw.csv_table import csv_as_it_is  # here, since workers that render do without

    text = csv_as_it_is(list(rows[0]), (list(row.values()) for row in rows))
    path.write_text(text, encoding="utf-8", newline="")
