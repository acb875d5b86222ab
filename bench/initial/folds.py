"""How many folds fit the smallest class and its patients. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from bench.data.cases import Case, internal
from bench.errors import RequestError
from bench.folds.complete import draw_complete_folds
from bench.folds.leaks import grouped
from bench.initial.choice import Choice
from bench.initial.selection import Selection

MOST, LEAST = 5, 2
SEEDS = range(5)


class NoFolds(RequestError):
    """There are no folds that could be trained on and tested on."""


def cases_as_drawn(selection: Selection) -> list[Case]:
    """The internal cases with their patients, copies of an image in one group."""
    cases = grouped(selection.cases, selection.copies_inside) if selection.copies_inside else selection.cases
    return internal(cases)


def smallest_class(cases: Sequence[Case]) -> tuple[str, int]:
    """The class with the fewest patients (images where none are known), and how many these are."""
    units: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        units[case.label].add(case.group or case.case_id)
    label = min(units, key=lambda name: (len(units[name]), name))
    return label, len(units[label])


def choose_folds(selection: Selection) -> Choice:
    """The most folds up to five that can be drawn under every seed.

    Raises:
        NoFolds: there are none.
    """
    cases = cases_as_drawn(selection)
    label, units = smallest_class(cases)
    what = "patients" if selection.patients else "images"
    reason = ""
    for number in range(min(MOST, units), LEAST - 1, -1):
        try:
            for seed in SEEDS:
                draw_complete_folds(cases, seed, folds=number)
        except RequestError as error:
            reason = str(error)
            continue
        return Choice("folds", number, _why(number, label, units, what))
    how = [f"patients are known {selection.patients}"] if selection.patients else []
    how += ["copies of one image count once"] if selection.copies_inside else []
    known = f" ({'; '.join(how)})" if how else ""
    fact = f"class {label!r} has {units} independent case(s){known}" if units < LEAST else reason.rstrip(".")
    raise NoFolds(
        f"These images cannot be cross-validated: {fact}, and each class must be both trained on and tested on. Add "
        f"images of other patients, or merge classes. Where these are not the patients, give a manifest: CSV with the "
        f"columns path, label and, where known, group for the patient."
    )


def _why(number: int, label: str, units: int, what: str) -> str:
    smallest = f"the smallest class, {label!r}, has {units} {what}"
    if number == MOST:
        return f"each case is tested once, by a model that was trained on the other four fifths; {smallest}"
    if number == units:
        return f"{smallest}, and each fold should hold one of them"
    return f"more folds would leave one without a class, since patients have several; {smallest}"
