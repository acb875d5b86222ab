"""One call of `bench data audit`. Reads images, writes audit.md, audit.json and audit.png."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.audit.figure import draw_audit
from bench.audit.findings import find_all
from bench.audit.inventory import Inventory, make_output, take_inventory
from bench.audit.markdown import audit_markdown
from bench.audit.measure import measure
from bench.audit.summary import Audit, summarise
from bench.data.images import PixelSettings
from bench.data.options import ReadOptions
from bench.data.reading import count_readings
from bench.new_output import write_output

FILES = ("audit.md", "audit.json", "audit.png")


def conduct_audit(
    paths: Sequence[str],
    out: Path,
    *,
    reader: str,
    options: ReadOptions,
    settings: PixelSettings,
    max_pixels: int,
    on_done: Callable[[int, int], None] | None = None,
) -> Audit:
    """Look through `[SITE=]PATH…` and write what was found into `out`.

    Raises:
        RequestError: no such path, no image, a manifest or public set that its reader refuses, or `out` lies among the
            images.
    """
    inventory = take_inventory(paths, reader, options)
    make_output(out, inventory.roots.values())
    audit = look_through(inventory, settings, max_pixels, on_done)
    write_output(out / "audit.json", json.dumps(audit.to_dict(), indent=1) + "\n")
    write_output(out / "audit.md", audit_markdown(audit))
    write_output(out / "audit.png", partial(draw_audit, audit))
    return audit


def look_through(
    inventory: Inventory, settings: PixelSettings, max_pixels: int, on_done: Callable[[int, int], None] | None = None
) -> Audit:
    """Measure the images and say what is wrong with them."""
    measured = measure(inventory.images, settings, max_pixels, on_done)
    count_readings([(m.image, m.reading) for m in measured if m.reading], inventory.passed_over)
    roots = {site: str(root) for site, root in inventory.roots.items()}
    return summarise(roots, measured, find_all(measured, inventory.problems), inventory.passed_over.entries())
