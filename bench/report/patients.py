"""Of how many cases the patient is known, in the sentences of tables, screen and page. Pure."""

from collections import Counter
from collections.abc import Sequence

from bench.data.cases import COPIES_OF, Case
from bench.errors import listed


def without_patient(cases: Sequence[Case]) -> int:
    """How many cases have no known patient."""
    return sum(case.patient is None for case in cases)


def about_patients(cases: Sequence[Case]) -> list[str]:
    """For the notes of tables: of how many no patient is known, and which copies count as one case."""
    if not cases:
        return []
    alone = without_patient(cases)
    if alone:
        unknown = f"No patient is known of {alone} of {len(cases)} cases"
        return [f"{unknown}: intervals treat each of these cases as a patient.", *held_together(cases)]
    return [f"The patient of each of the {len(cases)} cases is known: {len({case.group for case in cases})} groups."]


def held_together(cases: Sequence[Case], *, named: bool = False) -> list[str]:
    """How many cases show the same image and are held together for it, and which; one sentence or none."""
    sets = Counter(case.group for case in cases if case.group is not None and case.patient is None)
    if not sets:
        return []
    which = f" of {listed([name.removeprefix(COPIES_OF) for name in sets], 3)}" if named else " of one another"
    return [f"{sets.total()} cases are copies{which}: copies stay in one fold, and all of an image count as one case."]


def unknown_patients(cases: Sequence[Case]) -> str:
    """The warning where patients are not known, or empty."""
    alone = without_patient(cases)
    if not alone:
        return ""
    return (
        f"No patient is known of {alone} of {len(cases)} cases, so each of these counts as a patient: with several "
        f"images of one patient the intervals are too short, and training may have seen that patient."
    )
