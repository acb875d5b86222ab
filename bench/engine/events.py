"""From an experiment's options to the operating points that a leaderboard is asked for. Pure."""

from collections.abc import Sequence

from bench.config.experiment import Experiment
from bench.data.names import visible
from bench.errors import RequestError
from reports.statistics.operating_points import Rule
from reports.tables.operating_point import Event, PointsAsked


def points_asked(experiment: Experiment) -> PointsAsked:
    """Every event at every threshold of the experiment; none where it names no event."""
    events = tuple(Event(name, tuple(classes)) for name, classes in experiment.events.items())
    rules = tuple(map(Rule.parse, experiment.thresholds)) if events else ()
    return PointsAsked(events, rules, tuple(experiment.prevalences) if events else ())


def refuse_unknown_events(experiment: Experiment, classes: Sequence[str]) -> None:
    """Raise `RequestError` where an event names what is no class, or all classes."""
    try:
        points_asked(experiment).refuse_unknown(classes)
    except ValueError as error:
        raise RequestError(
            f"--event (events): {visible(str(error))}. Give it as in --event NAME=CLASS,CLASS."
        ) from None
