"""What `bench explain` is asked for, checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bench.errors import RequestError

METHODS = ("gradcam", "gradcam++", "hirescam", "layercam", "eigencam")
Target = Literal["predicted", "true"]
TARGETS: tuple[Target, ...] = get_args(Target)
CHOICES = ("worst", "best", "random")


@dataclass(frozen=True)
class ExplainOptions:
    """Checked options; `cases` is one of `CHOICES` or a file of case ids.

    number: cases of each class and site in a gallery; most: cases of each site that are measured, None for all; checks:
    cases of each site and model that are perturbed and randomised.
    """

    results: Path
    method: str = "gradcam"
    target: Target = "predicted"
    cases: str = "worst"
    backbones: tuple[str, ...] = ()
    number: int = 4
    most: int | None = None
    checks: int = 4
    masks: Path | None = None
    save_models: bool = False


def checked_method(method: str) -> str:
    """Raise `RequestError` unless there is such a method."""
    if method not in METHODS:
        raise RequestError(f"--method {method!r} is none of {', '.join(METHODS)}.")
    return method


def checked_target(target: str) -> Target:
    """Raise `RequestError` unless maps can be made for it."""
    for known in TARGETS:
        if known == target:
            return known
    raise RequestError(f"--target {target!r} is none of {', '.join(TARGETS)}.")
