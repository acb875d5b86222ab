"""The embedded phantom, made once in the cache. Writes the cache; prints."""

from rich.console import Console

from bench.cache import Caches
from bench.engine.decoding import DecodingProgress
from bench.engine.prepare import phantom_folder


def ensure_phantom(caches: Caches, console: Console) -> None:
    """Make the phantom where it is not there yet, and say that it stands in for data."""
    folder = phantom_folder(caches)
    console.print(
        f"No data given: using the embedded phantom, synthetic head-CT slices of two sites, in {folder}. "
        f"Give your own by --data, or --internal and --external.",
        markup=False,
        soft_wrap=True,
    )
    if not folder.exists():
        from bench.phantom import write_phantom

        caches.root.mkdir(parents=True, exist_ok=True)
        with DecodingProgress(console, "Making the phantom") as progress:
            write_phantom(folder, cases=600, external_cases=240, seed=0, on_done=progress.update)
