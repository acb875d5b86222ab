"""Where an executor finds what specs name by digest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cache import Caches
from bench.data.pixel_entry import PixelCache
from bench.plan.spec import RunSpec

if TYPE_CHECKING:
    from torch import nn

    from bench.execution.watch import FurtherWatch


@dataclass(frozen=True)
class Resources:
    """Caches of weights and features, and the decoded pixels. Nothing in here decides a result.

    With `keep_models` results carry the trained model. `watch` makes a further watch of each training; it goes to
    worker processes, so it must be a function of a module or an object that can be pickled. `cards`, such as `cuda:1`,
    are those that runs for CUDA may use; what is trained in one process is trained on the first.
    """

    caches: Caches
    pixels: PixelCache
    keep_models: bool = False
    watch: "Callable[[RunSpec, nn.Module], FurtherWatch] | None" = None
    cards: tuple[str, ...] = ()

    @property
    def card(self) -> str:
        """That of this process; "" where torch chooses."""
        return self.cards[0] if self.cards else ""
