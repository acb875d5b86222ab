"""Where an executor finds what specs name by digest."""

from dataclasses import dataclass
from pathlib import Path

from bench.cache import Caches
from bench.data.pixels import PixelCache


@dataclass(frozen=True)
class Workshop:
    """Caches of weights and features, and the decoded pixels. Nothing in here decides a result.

    With `keep_models` results carry the trained model. `snapshots`: where the weights of runs of role nondeterminism
    are saved, each in a folder named by its run id.
    """

    caches: Caches
    pixels: PixelCache
    keep_models: bool = False
    snapshots: Path | None = None
