"""What is logged, and what logs it. Holds no case, no path, and nothing of a patient."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

Value = str | int | float | bool


@dataclass(frozen=True)
class Epoch:
    """Numbers of an epoch, without those that are not known."""

    number: int
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Model:
    """A trained model: what made it, how its training went, and its scores by site.

    ended: when it was stored, in seconds since 1970; seconds: how long it took.
    """

    run_id: str
    name: str
    settings: Mapping[str, Value]
    epochs: tuple[Epoch, ...]
    scores: Mapping[str, float]
    ended: float
    seconds: float


@dataclass(frozen=True)
class Summary:
    """What is computed over all folds and seeds: numbers with their intervals, and files by their names.

    made_from: tells one from another; models: how many there are; text: the leaderboard as Markdown.
    """

    made_from: str
    models: int
    scores: Mapping[str, float]
    files: Mapping[str, str]
    text: str


class Tracker(Protocol):
    """Made with the folder that it may write to and the name of the group, under which all models of a results folder
    stand. Each method may raise what the package behind it raises.
    """

    title: str
    """What people call it."""

    @property
    def where(self) -> str:
        """Where it logs to, and how to look at that, in a sentence or two."""

    @property
    def logged(self) -> Collection[str]:
        """The run ids of models that are there and whole."""

    @property
    def summarised(self) -> str:
        """The `made_from` of the summary that is there; empty where there is none."""

    def model(self, model: Model) -> None:
        """Log a model that is not there, or only a part of it."""

    def summary(self, summary: Summary) -> None:
        """Log the summary in place of the one before."""

    def close(self) -> None:
        """End what was begun."""


def name_of(*parts: str) -> str:
    """A name of a number that every tracker takes: `resnet18/internal/macro_f1`."""
    return "/".join(re.sub(r"[^\w.\- ]", "_", part).strip(". ") or "_" for part in parts)
