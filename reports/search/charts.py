"""What the charts of a search show, before they are drawn. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.search.selection import Choice


@dataclass(frozen=True)
class TrialPoint:
    """One trial. score: None unless it is complete; last: the last intermediate value of a pruned one."""

    number: int
    params: Mapping[str, Choice]
    score: float | None
    last: float | None = None


@dataclass(frozen=True)
class History:
    """Complete trials and their scores, the best so far after each, and what pruned trials had reached."""

    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    best: tuple[float, ...]
    pruned: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Slice:
    """The scores of complete trials by one parameter. log: its scale; choices are texts, in the order of the space."""

    parameter: str
    values: tuple[float | str, ...]
    scores: tuple[float, ...]
    log: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchCharts:
    """What the charts of one study show."""

    study: str
    metric: str
    history: History
    importance: Mapping[str, float]
    slices: tuple[Slice, ...]


def search_charts(
    study: str,
    metric: str,
    trials: Sequence[TrialPoint],
    importance: Mapping[str, float],
    space: Mapping[str, bool | Sequence[Choice]],
    higher_is_better: bool = True,
) -> SearchCharts:
    """Gather what the charts show; space: for each parameter whether its range is logarithmic, or its choices."""
    complete = [(trial, trial.score) for trial in trials if trial.score is not None]
    best: list[float] = []
    for _, score in complete:
        better = max if higher_is_better else min
        best.append(better(best[-1], score) if best else score)
    history = History(
        tuple(trial.number for trial, _ in complete),
        tuple(score for _, score in complete),
        tuple(best),
        tuple((trial.number, trial.last) for trial in trials if trial.score is None and trial.last is not None),
    )
    slices = tuple(_slice(name, part, complete) for name, part in space.items())
    return SearchCharts(study, metric, history, dict(importance), slices)


def _slice(name: str, part: bool | Sequence[Choice], complete: Sequence[tuple[TrialPoint, float]]) -> Slice:
    scores = tuple(score for _, score in complete)
    if isinstance(part, bool):
        return Slice(name, tuple(float(trial.params[name]) for trial, _ in complete), scores, part)
    return Slice(name, tuple(str(trial.params[name]) for trial, _ in complete), scores, False, tuple(map(str, part)))
