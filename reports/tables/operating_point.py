"""An operating point: an event that is looked for, the rule of its threshold, and how right calls are on each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.statistics.cell import Cell
from reports.statistics.operating_points import Rule

SENSITIVITY, SPECIFICITY, PPV, NPV = "sensitivity", "specificity", "ppv", "npv"
LR_POSITIVE, LR_NEGATIVE = "lr_positive", "lr_negative"


@dataclass(frozen=True)
class Event:
    """What is looked for: any of some classes, scored by the sum of their probabilities."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class PointsAsked:
    """Every event at every rule. prevalences: at which predictive values are given beside those of the cases."""

    events: tuple[Event, ...] = ()
    rules: tuple[Rule, ...] = ()
    prevalences: tuple[float, ...] = ()

    def refuse_unknown(self, classes: Sequence[str]) -> None:
        """Raises ValueError where an event names what is no class, or all classes."""
        for event in self.events:
            if unknown := [name for name in event.classes if name not in classes]:
                raise ValueError(
                    f"the event {event.name} names {', '.join(unknown)}, and the classes are {', '.join(classes)}"
                )
            if set(event.classes) == set(classes):
                raise ValueError(f"the event {event.name} names every class, so there is nothing to tell it from")


NO_POINTS = PointsAsked()


@dataclass(frozen=True)
class SidePoint:
    """An operating point on one side. cases: (with the event, without); measures: by name.

    at_prevalence: prevalence → (PPV, NPV) as if so many had the event.
    """

    cases: tuple[int, int]
    measures: Mapping[str, Cell]
    at_prevalence: Mapping[float, tuple[Cell, Cell]]

    def to_dict(self) -> dict[str, object]:
        return {
            "with_event": self.cases[0],
            "without_event": self.cases[1],
            **{name: cell.to_dict() for name, cell in self.measures.items()},
            "at_prevalence": {
                f"{share:g}": {PPV: ppv.to_dict(), NPV: npv.to_dict()}
                for share, (ppv, npv) in self.at_prevalence.items()
            },
        }


@dataclass(frozen=True)
class OperatingPoint:
    """An event at a rule, of one row. thresholds: one a seed, None where no case would be called, as locked for sites.

    sides: internal first. gaps: site → measure → internal minus the site.
    """

    event: Event
    rule: Rule
    thresholds: tuple[float | None, ...]
    sides: Mapping[str, SidePoint]
    gaps: Mapping[str, Mapping[str, Cell]]

    def to_dict(self) -> dict[str, object]:
        return {
            "event": self.event.name,
            "classes": list(self.event.classes),
            "rule": self.rule.text,
            "thresholds": list(self.thresholds),
            **{"sides": {name: side.to_dict() for name, side in self.sides.items()}},
            "gaps": {site: {name: cell.to_dict() for name, cell in one.items()} for site, one in self.gaps.items()},
        }
