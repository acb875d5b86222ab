"""Options: what tables count, and how their numbers are computed."""

from typing import Literal, Self

from pydantic import BaseModel, field_validator, model_validator

from bench.config.texts import parse_list
from bench.option import DATA, RESULTS, RUN, option
from reports.statistics.group_pooling import Pool
from reports.statistics.intervals import Interval, chosen_interval

AS_IN_FOLDER = "as in the folder's experiment"
Level = Literal["case", "group"]


class ReportOptions(BaseModel):
    """Which images may be missing, and how the others become intervals and groups.

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

    @model_validator(mode="after")
    def _draws_to_stratify(self) -> Self:
        chosen_interval(self.interval, stratify=self.stratify)
        return self
