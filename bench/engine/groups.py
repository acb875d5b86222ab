"""Groups (patients, volumes) as what is ranked: how an experiment pools cases to them, and what it refuses. Pure."""

from collections.abc import Sequence

import pandas as pd

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.names import visible
from bench.errors import RequestError
from reports.tables.groups import Grouping, Groups, NoGroups, groups_of


def grouping_of(experiment: Experiment) -> Grouping | None:
    """How the experiment pools cases; None where it ranks cases."""
    if experiment.level == "case":
        return None
    return Grouping(experiment.pool, tuple(experiment.label_order))


def trained_order(experiment: Experiment) -> tuple[str, ...]:
    """The order that labels the groups which attention probes are trained on; empty for other recipes."""
    return experiment.recipe.with_labels_of_groups(experiment.label_order).label_order


def in_words(order: Sequence[str]) -> str:
    """An order of classes for readers."""
    return " > ".join(map(visible, order)) or "no order"


def case_columns(cases: Sequence[Case]) -> pd.DataFrame:
    """The columns that statistics need: case_id, site, label and group."""
    rows = [(case.case_id, case.site, case.label, case.group) for case in cases]
    return pd.DataFrame(rows, columns=["case_id", "site", "label", "group"])


def refuse_no_groups(experiment: Experiment, cases: Sequence[Case], classes: Sequence[str]) -> None:
    """Raise `RequestError` where groups are to be ranked, or trained on, and cases cannot be pooled to them."""
    if grouping := grouping_of(experiment):
        checked_groups(cases, classes, grouping)
    if experiment.recipe.probe == "attention":
        order = trained_order(experiment)
        if experiment.label_order and order != tuple(experiment.label_order):
            raise RequestError(
                f"The recipe trains on groups that are labelled by {in_words(order)}, and --label-order (label_order) "
                f"labels them by {in_words(experiment.label_order)}: models would be judged by other labels than they "
                f"learnt. Give one of the two, or both alike."
            )
        checked_groups(cases, classes, Grouping(label_order=order))


def checked_groups(cases: Sequence[Case], classes: Sequence[str], grouping: Grouping) -> Groups:
    """The groups of the cases.

    Raises:
        RequestError: they cannot be pooled.
    """
    try:
        return groups_of(case_columns(cases), classes, grouping)
    except NoGroups as error:
        raise no_groups(error) from None


def no_groups(error: NoGroups) -> RequestError:
    """What to tell the user."""
    return RequestError(f"Groups cannot be ranked or trained on (--level group): {visible(str(error))}.")
