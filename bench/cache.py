"""Where derived data is kept between runs. Creates folders."""

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from bench.errors import BenchError


@dataclass(frozen=True)
class Caches:
    """Folders of derived data; everything in them can be deleted and is made again.

    `pixels` holds decoded images, `weights` converted pretrained weights, `features` what a frozen body makes of the
    images. No path in here decides a result: files are named by digests of what they hold.
    """

    root: Path

    @property
    def pixels(self) -> Path:
        return self._folder("pixels")

    @property
    def weights(self) -> Path:
        return self._folder("weights")

    @property
    def features(self) -> Path:
        return self._folder("features")

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BenchError(
                f"The cache folder {folder} cannot be made: {error.strerror}. Set GAPBENCH_CACHE to a folder that can "
                f"be written to."
            ) from error
        return folder


def user_caches() -> Caches:
    """The caches in `$GAPBENCH_CACHE` or, where that is not set, the user's cache directory."""
    chosen = os.environ.get("GAPBENCH_CACHE")
    return Caches(Path(chosen).expanduser() if chosen else user_cache_path("gapbench", appauthor=False))
