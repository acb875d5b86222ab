"""The name of a run: a digest of everything that decides its result. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

from bench.plan.spec import RunSpec, Sample

SCHEME = 1  # raised when the engine changes so that the same spec gives other bytes


def run_id(spec: RunSpec) -> str:
    """Twenty hexadecimal digits. Depends on contents and settings; not on paths, file names or worker counts."""
    numbers: dict[str, int] = {}
    parts = {
        "scheme": SCHEME,
        "classes": spec.classes,
        "train": _content(spec.train, numbers),
        "validation": _content(spec.validation, numbers),
        "external": _content(spec.external, numbers),
        "pixels": asdict(spec.pixels),
        "recipe": spec.recipe.model_dump(exclude={"name"}),
        "backbone": spec.backbone,
        "weights": spec.weights.digest,
        "seeds": asdict(spec.seeds),
        "seed": spec.seed,
        "fold": spec.fold,
        "replicate": spec.replicate,
        "tooling": asdict(spec.tooling),
        "role": spec.role,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _content(samples: Sequence[Sample], numbers: dict[str, int]) -> list[tuple[str, str, str, int]]:
    """Site, digest, label and the number of the group: groups count as a partition, their names do not."""
    return [
        (s.site, s.digest, s.label, -1 if s.group is None else numbers.setdefault(s.group, len(numbers)))
        for s in samples
    ]
