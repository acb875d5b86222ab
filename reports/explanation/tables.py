"""The tables of explained models: where maps look, and whether that means anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reports.explanation.agreement import between_seeds, within_seeds
from reports.explanation.estimates import cell, difference_cell, mean_of
from reports.explanation.subject import CENTRE, CURVES, LOCALISATION, MAP, RANDOM, SOURCES, Subject, column, origin_of
from reports.statistics.bootstrap import Draws
from reports.statistics.cell import Cell
from reports.statistics.estimate import IntervalChoice
from reports.statistics.metrics.metric import Kind
from reports.tables.table import Column, Item, Table, Term

NAMES = (
    "explanation_localisation",
    "explanation_correctness",
    "explanation_perturbation",
    "explanation_agreement",
    "explanation_sanity",
)
STILL_ALIKE = 0.5

_TERMS = {
    "energy": Term("energy", "Energy inside the lesion"),
    "pointing": Term("pointing", "Pointing game"),
    "iou": Term("iou", "IoU at the best threshold"),
    "deletion": Term("deletion", "Deletion (less is better)"),
    "insertion": Term("insertion", "Insertion (more is better)"),
}
_SUBJECT = Column("backbone", "Backbone")
_SITE = Column("site", "Site")
_COMPARED = (
    Column("map", "Map", "cell"),
    Column("centre", "Centre prior", "cell"),
    Column("random", "Random weights", "cell"),
    Column("over_centre", "Map − centre", "cell", 3),
    Column("over_random", "Map − random", "cell", 3),
)


@dataclass(frozen=True)
class Intervals:
    """How intervals are made: the choice, and the draws of a bootstrap where one is chosen."""

    choice: IntervalChoice
    draws: Draws | None


def explanation_tables(subjects: Sequence[Subject], intervals: Intervals, notes: Sequence[str]) -> tuple[Table, ...]:
    """All tables of explained models, each with `notes`; those without rows are left out."""
    makers = (_localisation, _correctness, _perturbation, _agreement, _sanity)
    tables = (make(subjects, intervals) for make in makers)
    return tuple(replace(table, notes=(*table.notes, *notes)) for table in tables if table.rows)


def _localisation(subjects: Sequence[Subject], intervals: Intervals) -> Table:
    return Table(
        NAMES[0],
        "Where maps look: the lesion",
        (
            *(_SUBJECT, _SITE, Column("measure", "Measure")),
            *_COMPARED,
            Column("lesion_share", "Lesion share", "number", 3),
        ),
        tuple(row for subject in subjects for row in _localised(subject, intervals)),
        (
            "Energy: share of the map on the lesion. Pointing game: the highest pixel lies on it. IoU: of the lesion "
            "with the pixels above one threshold, which is chosen on the other patients' internal maps. Lesion share: "
            "mean share of the image, what a map without any idea would reach. Only cases with a mask.",
        ),
    )


def _correctness(subjects: Sequence[Subject], intervals: Intervals) -> Table:
    return Table(
        NAMES[1],
        "Do correct predictions look at the lesion more than wrong ones?",
        (
            *(_SUBJECT, _SITE, Column("measure", "Measure")),
            *(Column("correct", "Correct", "cell"), Column("wrong", "Wrong", "cell")),
            Column("difference", "Correct − wrong", "cell", 3),
            Column("n_correct", "Correct predictions", "number", 0),
            Column("n_wrong", "Wrong predictions", "number", 0),
        ),
        tuple(row for subject in subjects for row in _by_correctness(subject, intervals)),
        (
            "Larger lesions are easier to see and easier to hit; energy over lesion share sets off the size. A "
            "difference says that both go together, not that one is the cause.",
        ),
    )


def _perturbation(subjects: Sequence[Subject], intervals: Intervals) -> Table:
    return Table(
        NAMES[2],
        "Does the prediction hang on what maps mark?",
        (_SUBJECT, _SITE, Column("measure", "Curve"), *_COMPARED),
        tuple(row for subject in subjects for row in _perturbed(subject, intervals)),
        (
            "Area below the probability of the explained class while the most important pixels are blurred first "
            "(deletion) or shown first (insertion). A random sample of each model's cases.",
        ),
    )


def _agreement(subjects: Sequence[Subject], intervals: Intervals) -> Table:
    return Table(
        NAMES[3],
        "Do models agree on where they look?",
        (_SUBJECT, _SITE, Column("pairs", "Between"), Column("agreement", "Rank correlation", "cell")),
        tuple(row for subject in subjects for row in _agreeing(subject)),
        ("Mean Spearman correlation of the places of one case's maps, over all pairs of models.",),
    )


def _sanity(subjects: Sequence[Subject], intervals: Intervals) -> Table:
    return Table(
        NAMES[4],
        "Do maps depend on what was learnt?",
        (
            *(_SUBJECT, Column("stage", "Randomised", "number", 0), Column("down_to", "Down to")),
            Column("similarity", "Rank correlation with the map", "cell"),
            Column("verdict", "Similarity falls"),
        ),
        tuple(row for subject in subjects for row in _randomised(subject, intervals)),
        (
            "Cascading randomisation (Adebayo et al. 2018), from the classifier down. Similarity falls: once all "
            f"is random, the whole interval is below {STILL_ALIKE}. Where it does not, maps show the image more than "
            "the model, and the tables above mean little.",
        ),
    )


def _localised(subject: Subject, intervals: Intervals) -> Iterator[tuple[Item, ...]]:
    for site in subject.sites():
        share = subject.rows(site, column("energy", MAP))["lesion_share"].mean()
        for measure in LOCALISATION:
            compared = _compared(subject, site, measure, intervals)
            if compared:
                yield (subject.name, site, _TERMS[measure], *compared, float(share))


def _perturbed(subject: Subject, intervals: Intervals) -> Iterator[tuple[Item, ...]]:
    for site in subject.sites():
        for measure in CURVES:
            compared = _compared(subject, site, measure, intervals)
            if compared:
                yield (subject.name, site, _TERMS[measure], *compared)


def _compared(subject: Subject, site: str, measure: str, intervals: Intervals) -> tuple[Cell, ...]:
    """The cells of the map, of both baselines and of the differences from them; empty where nothing was measured."""
    rows = subject.rows(site, column(measure, MAP))
    if rows.empty:
        return ()
    origin = origin_of(rows, site)
    kind: Kind = "proportion" if measure == "pointing" else "score"
    of = {
        source: mean_of(rows[column(measure, source)].to_numpy(np.float64), origin, kind=kind, draws=intervals.draws)
        for source in SOURCES
    }
    return (
        *(cell(of[source], intervals.choice) for source in SOURCES),
        *(difference_cell(of[MAP] - of[source], intervals.choice) for source in (CENTRE, RANDOM)),
    )


def _by_correctness(subject: Subject, intervals: Intervals) -> Iterator[tuple[Item, ...]]:
    for site in subject.sites():
        rows = subject.rows(site, column("energy", MAP))
        if rows.empty:
            continue
        origin = origin_of(rows, site)
        correct = (rows["label"] == rows["predicted"]).to_numpy()
        energy = rows[column("energy", MAP)].to_numpy(np.float64)
        excess = energy - rows["lesion_share"].to_numpy(np.float64)
        measured = [(_TERMS[measure], rows[column(measure, MAP)].to_numpy(np.float64)) for measure in LOCALISATION]
        measured.insert(1, (Term("energy_over_share", "Energy over lesion share"), excess))
        for term, values in measured:
            yes, no = (
                mean_of(values, origin, chosen=chosen, what=what, draws=intervals.draws)
                for chosen, what in ((correct, "correct predictions"), (~correct, "wrong predictions"))
            )
            yield (
                *(subject.name, site, term),
                *(difference_cell(one, intervals.choice) for one in (yes, no, yes - no)),
                *(int(correct.sum()), int((~correct).sum())),
            )


def _agreeing(subject: Subject) -> Iterator[tuple[Item, ...]]:
    for site, places in subject.places.items():
        if len(places.seeds) > 1:
            yield subject.name, site, Term("seeds", "seeds"), between_seeds(places, site)
        if places.units.shape[1] > 1:
            yield subject.name, site, Term("folds", "folds of a seed"), within_seeds(places, site)


def _randomised(subject: Subject, intervals: Intervals) -> Iterator[tuple[Item, ...]]:
    """How alike maps stay as layers are randomised, over all sites, since the question is of the models."""
    rows = subject.values[subject.values["similarity_0"].notna()] if subject.stages else subject.values[:0]
    if rows.empty:
        return
    origin = origin_of(rows, "all sites")
    for number, stage in enumerate(subject.stages):
        similarity = rows[f"similarity_{number}"].to_numpy(np.float64)
        found = difference_cell(mean_of(similarity, origin, draws=intervals.draws), intervals.choice)
        verdict = _verdict(found) if number + 1 == len(subject.stages) else None
        yield subject.name, number + 1, stage, found, verdict


def _verdict(last: Cell) -> str:
    if last.low is None or last.high is None or last.low < STILL_ALIKE <= last.high:
        return "not clear"
    return "yes" if last.high < STILL_ALIKE else "no"
