"""Options: what tables count, and how their numbers are computed."""

from typing import Literal, Self

from pydantic import BaseModel, field_validator, model_validator

from bench.config.texts import parse_events, parse_list
from bench.data.subgroups import Subgroup
from bench.errors import RequestError
from bench.option import DATA, RESULTS, RUN, option
from reports.statistics.group_pooling import Pool
from reports.statistics.intervals import Interval, chosen_interval
from reports.statistics.operating_points import FORMS, Rule

AS_IN_FOLDER = "as in the folder's experiment"
Level = Literal["case", "group"]


class ReportOptions(BaseModel):
    """Which images may be missing, and how the others become intervals, groups and subgroups.

    All but `skip_unreadable` change the leaderboard, not the runs.
    """

    skip_unreadable: bool = option(False, "Leave out unreadable images and list them.", RUN, DATA)
    interval: Interval | None = option(
        None,
        "How intervals are made: {choices}.",
        (*RUN, "report"),
        RESULTS,
        shown={**dict.fromkeys(RUN, "jackknife-t"), "report": AS_IN_FOLDER},
    )
    stratify: bool = option(
        False,
        "Draw cases within their classes for intervals.",
        (*RUN, "report"),
        RESULTS,
        flag="--stratify/--no-stratify",
        shown={"report": AS_IN_FOLDER},
    )
    level: Level = option(
        "case",
        "What is ranked: {choices}, each patient or volume as one.",
        (*RUN, "report"),
        RESULTS,
        shown={"report": AS_IN_FOLDER},
    )
    pool: str = option(
        "mean",
        "How cases become one prediction of their group: mean, max, or the mean of a share of the highest.",
        (*RUN, "report"),
        RESULTS,
        metavar="mean|max|topk:SHARE",
        choices=("mean", "max", "topk:0.1"),
        shown={"report": AS_IN_FOLDER},
    )
    label_order: list[str] = option(
        [],
        "The class of a group whose cases have several: the first of these that it has.",
        (*RUN, "report"),
        RESULTS,
        metavar="CLASS,CLASS",
        joined=True,
        shown={**dict.fromkeys(RUN, "refused"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )
    subgroups: list[str] = option(
        [],
        "Attributes to report apart: columns of a manifest; sex, age, vendor, slice_thickness also of DICOM files.",
        (*RUN, "report"),
        RESULTS,
        metavar="COLUMN,COLUMN:FROM:FROM",
        joined=True,
        shown={**dict.fromkeys(RUN, "none are kept"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )

    events: dict[str, list[str]] = option(
        {},
        "What is looked for, a class or several as one, to be called or not at a threshold; repeatable.",
        (*RUN, "report"),
        RESULTS,
        flag="--event",
        metavar="NAME=CLASS,CLASS",
        shown={**dict.fromkeys(RUN, "no operating points"), "report": AS_IN_FOLDER},
        parse=parse_events,
    )
    thresholds: list[str] = option(
        ["youden"],
        "How thresholds of events are set on internal cases: by a share to keep, Youden, costs; or a number.",
        (*RUN, "report"),
        RESULTS,
        metavar="RULE,RULE",
        joined=True,
        choices=("sensitivity:0.95", "specificity:0.95", "youden", "cost:5:1", "0.5"),
        shown={**dict.fromkeys(RUN, "youden"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )
    prevalences: list[float] = option(
        [],
        "How frequent events are where the model is to be used, for predictive values there.",
        (*RUN, "report"),
        RESULTS,
        metavar="SHARE,SHARE",
        joined=True,
        shown={**dict.fromkeys(RUN, "as in the cases"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )

    @field_validator("pool")
    @classmethod
    def _known_pool(cls, value: str) -> str:
        if value == "attention":
            raise ValueError("attention is trained, not only pooled: give --recipe attention-probe instead")
        Pool.parse(value)
        return value

    @field_validator("label_order")
    @classmethod
    def _each_class_once(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    @field_validator("subgroups")
    @classmethod
    def _attributes(cls, value: list[str]) -> list[str]:
        try:
            found = [Subgroup.parse(text) for text in value]
        except RequestError as error:
            raise ValueError(str(error)) from None
        names = [one.name for one in found]
        if repeated := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{repeated[0]} is asked for twice; one subgroup has one set of bands")
        return [one.text for one in found]

    @field_validator("events")
    @classmethod
    def _events_of_classes(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, classes in value.items():
            if not name or not all(classes):
                raise ValueError(f"an event needs a name and classes, as in bleed=epidural,subdural, not {name!r}")
        return {name: list(dict.fromkeys(classes)) for name, classes in value.items()}

    @field_validator("thresholds")
    @classmethod
    def _rules(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError(f"at least one threshold is needed: {FORMS}")
        return list(dict.fromkeys(Rule.parse(text).text for text in value))

    @field_validator("prevalences")
    @classmethod
    def _shares(cls, value: list[float]) -> list[float]:
        if wrong := [one for one in value if not 0 < one < 1]:
            raise ValueError(f"a prevalence is a share between 0 and 1, such as 0.05, not {wrong[0]:g}")
        return list(dict.fromkeys(value))

    @model_validator(mode="after")
    def _draws_to_stratify(self) -> Self:
        chosen_interval(self.interval, stratify=self.stratify)
        return self
