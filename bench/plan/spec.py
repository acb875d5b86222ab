"""One run: what decides its result, and what it yields. Torch-free and serialisable."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from operator import is_
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backbones.convolutions import Rule
from backbones.names import wherever
from bench.data.images import PixelSettings
from bench.plan.adaptation import NONE, Adaptation, label_of
from bench.plan.recipe import Recipe
from bench.plan.trace import Trace
from bench.seeds import derive

SCHEME = 1  # raised when the engine changes so that the same spec gives other bytes
EVALUATION_COST = 0.2  # of an image, as a share of what training on it costs: measured between 0.19 and 0.22
MOST_MONITORING = 0.05  # of a run's time
Precision = Literal["fp32", "bf16"]
Steps = Literal["eager", "graph"]
"""Whether training steps are computed one operation after another, or recorded on a card and replayed."""
LATER = {"convolutions": "torch", "steps": "eager"}
"""Numerics that the first runs had not, as they were then."""
Role = Literal["main", "search", "nondeterminism"]


def draw_of(role: str, replicate: int) -> int:
    """What replicates of runs that could be ranked are: the draws of their training cases."""
    return replicate if role == "main" else 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A case as a run sees it: `digest` finds its pixels, `group` is None where it stands alone."""

    case_id: str
    site: str
    label: str
    digest: str
    group: str | None

    def __reduce__(self) -> tuple[type["Sample"], tuple[str, str, str, str, str | None]]:
        """Packed for another process in half the time that a dataclass with slots takes, and unpacked in a tenth."""
        return Sample, (self.case_id, self.site, self.label, self.digest, self.group)


@dataclass(frozen=True)
class Weights:
    """Where a model starts: `source` is random, ImageNet or a file's name; `digest` names its tensors, "" if random."""

    source: str
    digest: str

    @property
    def pretrained(self) -> bool:
        return bool(self.digest)


@dataclass(frozen=True)
class Seeds:
    """Separate sources of randomness: fold assignment; initial weights; batch order."""

    split: int
    init: int
    order: int


@dataclass(frozen=True)
class Numerics:
    """How the arithmetic is done; with everything else fixed it still decides the last bits of a result."""

    precision: Precision
    device: str = "cpu"
    threads: int = 1
    layout: Literal["channels_last", "contiguous"] = "channels_last"
    deterministic: bool = True
    convolutions: Rule = "torch"
    steps: Steps = "eager"

    def decisive(self) -> dict[str, object]:
        """What names a run; what came after the first runs only where it is used."""
        return {key: value for key, value in asdict(self).items() if LATER.get(key) != value}


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides the result of training one model; executing it twice gives the same bytes.

    `train`, `validation` and `external` are ordered by content, so that file names decide nothing.
    A case stands in `train` as often as it is trained on in each epoch. `seed`, `fold` and `replicate` say which run of
    the plan this is. `adaptation` says how it meets the images of other sites, whose labels it never sees. `monitor`
    says how often the validation part is scored on the way, which decides nothing but what the history holds: after
    every so many epochs, 0 for the last alone, None for every epoch where that is cheap.
    """

    backbone: str
    weights: Weights
    recipe: Recipe
    pixels: PixelSettings
    numerics: Numerics
    classes: tuple[str, ...]
    seed: int
    seeds: Seeds
    fold: int
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    external: tuple[Sample, ...] = ()
    replicate: int = 0
    role: Role = "main"
    monitor: int | None = None
    adaptation: Adaptation = NONE

    @property
    def predicted(self) -> tuple[Sample, ...]:
        """The cases that get a prediction, in the order of the result's rows."""
        return self.validation + self.external

    @property
    def draw(self) -> int:
        """The number of the draw that its training cases are; 0 where they are all there are."""
        return draw_of(self.role, self.replicate)

    @property
    def title(self) -> str:
        """The run in words: `resnet34 seed 0 fold 1`, of a repetition `resnet34 seed 0 replicate 2 fold 1`, and of
        training cases that were drawn `resnet34 seed 0 draw 2 fold 1`."""
        repeated = f" replicate {self.replicate}" if self.role == "nondeterminism" else ""
        repeated = f" draw {self.draw}" if self.draw else repeated
        adapted = "" if self.adaptation == NONE else f" {self.adaptation}"
        return f"{self.backbone}{adapted} seed {self.seed}{repeated} fold {self.fold}"

    @property
    def recipe_label(self) -> str:
        """What its row is told apart by: the recipe, and the adaptation where there is one."""
        return ", ".join([self.recipe.label(), *([] if self.adaptation == NONE else [label_of(self.adaptation)])])

    @property
    def all_epochs(self) -> int:
        """Epochs of the whole run, those of the frozen phase too; a probe has none."""
        if self.recipe.probes:
            return 0
        return self.recipe.epochs + (self.recipe.head_epochs if self.weights.pretrained else 0)

    @property
    def body_seed(self) -> int:
        """What random weights are drawn with: in each fold anew, but for a probe, whose features all folds share."""
        return self.seeds.init if self.recipe.probes else derive(self.seeds.init, "fold", self.fold)

    def is_monitored(self, epoch: int) -> bool:
        """Whether the validation part is scored after an epoch (from 0): after the last one always, at no cost, since
        these are the predictions. Searches and studies of nondeterminism score all.
        """
        last = self.all_epochs - 1
        if self.role != "main":
            return True
        every = self.monitor
        if every is None:
            share = EVALUATION_COST * len(self.validation) / max(len(self.train), 1)
            every = int(share * last <= MOST_MONITORING * self.all_epochs)
        return epoch == last or (every > 0 and (epoch + 1) % every == 0)

    @cached_property
    def run_id(self) -> str:
        """The run's name: twenty hexadecimal digits of a digest of everything that decides its result.

        It depends on contents and settings; not on paths, file names or the number of workers.
        """
        parts = {
            "scheme": SCHEME,
            "classes": self.classes,
            "pixels": self.pixels.decisive(),
            "recipe": self.recipe.model_dump(exclude={"name"}),
            "backbone": wherever(self.backbone) if self.weights.pretrained else self.backbone,
            "weights": self.weights.digest,
            "seeds": asdict(self.seeds),
            "seed": self.seed,
            "fold": self.fold,
            "replicate": self.replicate,
            "tooling": self.numerics.decisive(),
            "role": self.role,
            **({} if self.adaptation == NONE else {"adaptation": self.adaptation}),
        }
        texts = {name: json.dumps(part, sort_keys=True) for name, part in parts.items()}
        texts |= _contents(train=self.train, validation=self.validation, external=self.external)
        whole = ", ".join(f'"{name}": {texts[name]}' for name in sorted(texts))
        return hashlib.sha256(f"{{{whole}}}".encode()).hexdigest()[:20]


class _Contents:
    """What `run_id` makes of the cases of a part. That takes longer than all else of it, and a plan asks for the same
    part again with the next backbone, so the last one is kept."""

    def __init__(self) -> None:
        self._last: tuple[tuple[tuple[Sample, ...], ...], dict[str, str]] = ((), {})

    def __call__(self, **parts: tuple[Sample, ...]) -> dict[str, str]:
        """A text of JSON for each of the parts, which share the numbers of their groups."""
        before, texts = self._last
        if len(before) != len(parts) or not all(map(is_, before, parts.values())):
            numbers: dict[str, int] = {}
            texts = {name: json.dumps(_content(part, numbers)) for name, part in parts.items()}
            self._last = (*parts.values(),), texts
        return texts


_contents = _Contents()


def _content(samples: Sequence[Sample], numbers: dict[str, int]) -> list[tuple[str, str, str, int]]:
    """Site, digest, label and the number of the group: groups count as a partition, their names do not."""
    return [
        (s.site, s.digest, s.label, -1 if s.group is None else numbers.setdefault(s.group, len(numbers)))
        for s in samples
    ]


@dataclass(frozen=True)
class EpochRecord:
    """One epoch. Losses are mean cross-entropy, in training with what an adaptation adds to it; `lr` is that of the
    epoch's last step; `images` were trained on.

    What is of the validation part is NaN where that was not scored.
    """

    epoch: int
    phase: Literal["head", "full"]
    train_loss: float
    lr: float
    val_loss: float
    val_accuracy: float
    val_macro_f1: float
    seconds: float
    images: int


OnEpoch = Callable[[RunSpec, EpochRecord], bool]
"""Called after each epoch; False stops the run (pruning)."""


@dataclass(frozen=True)
class RunResult:
    """What executing a spec gave. `probabilities` is (n_predicted, n_classes) float32, rows as `RunSpec.predicted`.

    `timings` are seconds by phase; `error` says why a failed run failed; `model` is the trained model as a safetensors
    file, empty where it was not to be kept. `trace` holds digests of
    the weights as they went; `moved` is the L2 length of the way from the initial weights to the last ones, where that
    was measured. `short_of_memory`: it failed for want of memory, or may have; `disk_failed`: since a disk was full, or
    failed for a while.
    """

    status: Literal["done", "failed", "stopped"]
    probabilities: NDArray[np.float32]
    history: tuple[EpochRecord, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    error: str = ""
    model: bytes = b""
    trace: Trace = ()
    moved: float | None = None
    short_of_memory: bool = False
    disk_failed: bool = False
