"""The parts of a trial: one model for each inner fold and seed. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.data.images import PixelSettings
from bench.plan.plan import PlannedBackbone
from bench.plan.recipe import Recipe
from bench.plan.spec import RunSpec, Sample


@dataclass(frozen=True)
class Unit:
    """Cases to train on and to score on; none is external."""

    seed: int
    fold: int
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]

    def spec(
        self,
        backbone: PlannedBackbone,
        classes: tuple[str, ...],
        recipe: Recipe,
        pixels: PixelSettings,
    ) -> RunSpec:
        """The run that trains it: as any other, but for its role and without external cases."""
        return backbone.spec(classes, recipe, pixels, self.seed, self.fold, self.train, self.validation, role="search")


def units_of(samples: Sequence[Sample], seed: int, fold_of: Mapping[str, int], folds: Iterable[int]) -> list[Unit]:
    """A unit for each of the folds, from the samples that have a fold (−1: in every training part)."""
    inside = sorted((s for s in samples if s.case_id in fold_of), key=lambda s: (s.site, s.digest, s.label, s.case_id))
    return [
        Unit(
            seed,
            fold,
            tuple(s for s in inside if fold_of[s.case_id] != fold),
            tuple(s for s in inside if fold_of[s.case_id] == fold),
        )
        for fold in folds
    ]


def digest_of(units: Sequence[Unit]) -> tuple[str, str]:
    """What names the cases, and how they are parted: contents, labels and groups; not paths."""
    numbers: dict[str, int] = {}

    def plain(samples: Iterable[Sample]) -> list[tuple[str, str, int]]:
        return [
            (s.digest, s.label, -1 if s.group is None else numbers.setdefault(s.group, len(numbers))) for s in samples
        ]

    cases = sorted({case for unit in units for case in plain((*unit.train, *unit.validation))})
    parts = [(unit.seed, unit.fold, plain(unit.validation)) for unit in units]
    return _digest(cases), _digest(parts)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:10]
