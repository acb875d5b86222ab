"""The tables of differences: between backbones, between seeds, and from a baseline."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.statistics.cell import Cell
from reports.statistics.comparison import PRIMARY, SIGNIFICANCE, Comparison, floor_between
from reports.statistics.corrected_t import ROPE
from reports.statistics.jackknife import FEW_SEEDS
from reports.statistics.metrics import METRICS
from reports.statistics.noise_floor import NoiseFloor
from reports.tables.leaderboard import Leaderboard
from reports.tables.row_tables import BACKBONE, METRIC
from reports.tables.table import Column, Table, Term
from reports.tables.wording import listed, p_value, points

_A, _B, _ENDPOINT = Column("a", "A"), Column("b", "B"), Column("endpoint", "Endpoint")
_TESTS = (Column("p", "p", "p"), Column("p_holm", "Holm p", "p"), Column("resolved", "Resolved"))
_BELOW_FLOOR = Column("below_noise_floor", "≈", "flag")
_P = (
    "p: paired jackknife t over clusters and seeds; – with one seed, which cannot say what other seeds would give. "
    f"Holm p: adjusted over the pairs of {PRIMARY.name}, which alone are resolved or not (Holm p ≤ .05); of all other "
    "endpoints, which explore, adjusted over all their pairs together."
)
_EQUIVALENT = (
    "Equivalent ±: the smallest margin within which both are equivalent at 5 %, by two one-sided tests on "
    "the statistic of p."
)
_NEAR = "≈: not larger than the noise floor of the seeds; – where that is not known."
_DETECTABLE = (
    "Detectable: the true difference that the test of this pair alone, unadjusted, would find with 80 % power; a rough "
    "figure where few seeds or patients leave it under five degrees of freedom."
)
_FOLDS = (
    "Nadeau–Bengio: t-test corrected for the training cases that folds share. P: Bayesian correlated t; equivalent is "
    f"a difference of at most {ROPE}. Both from {FEW_SEEDS} seeds on, since fold scores of one seed rise and fall "
    "together. McNemar: of one seed, by patients where some have several cases; about these two trained models only."
)


_QUESTIONS = (
    "Holm p asks whether they differ with the training patients as they are, seeds and evaluated cases drawn anew; "
    "Nadeau–Bengio p whether they also would with other training sets of the same size."
)


def noise_floor(leaderboard: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """Differences that other seeds alone make, with the χ² interval of their standard deviation."""
    floors = (Column("floor_1", "One seed each", "cell", 3), Column("floor_s", "Means of all seeds", "cell", 3))
    return Table(
        "noise_floor",
        "Noise floor: the internal differences that other seeds alone are estimated to make, in 95 % of cases at most",
        (BACKBONE, METRIC, *floors),
        tuple(
            (name, Term.of(METRICS[metric]), *floor_cells(floor))
            for name, of_metric in leaderboard.noise_floor.items()
            for metric, floor in of_metric.items()
            if wanted is None or metric in wanted
        ),
        (*_in_words(leaderboard, wanted), *_under_the_floor(leaderboard, wanted)),
    )


def _in_words(leaderboard: Leaderboard, wanted: Sequence[str] | None) -> Iterator[str]:
    for name, floors in leaderboard.noise_floor.items():
        found = [
            f"{points(floor_cells(floor)[0])} points of {METRICS[metric].in_sentence}"
            for metric, floor in floors.items()
            if wanted is None or metric in wanted
        ]
        if found:
            yield f"Two runs of {name} that differ only in seed differ by up to {' and '.join(found)} (95 %)."


def _under_the_floor(leaderboard: Leaderboard, wanted: Sequence[str] | None) -> Iterator[str]:
    """A warning for each pair of backbones whose difference other seeds alone would make."""
    for one in _of(leaderboard.comparisons, wanted):
        if one.below_noise_floor and one.difference.value is not None:
            floor = floor_between(one, leaderboard.noise_floor)
            yield (
                f"Warning: {one.a} and {one.b} differ by {100 * abs(one.difference.value):.1f} points of internal "
                f"{one.metric.in_sentence}, within the {100 * floor:.1f} that other seeds alone make."
            )


def floor_cells(floor: NoiseFloor, most: float = math.inf) -> tuple[Cell, Cell]:
    """Of one seed each and of means of all seeds, with χ² intervals.

    most: what values can differ at all, of which few seeds may say more.
    """
    scale = floor.floor_s / floor.floor_1 if floor.floor_1 else 1.0
    one, means = (floor.floor_1, floor.low, floor.high), (floor.floor_s, scale * floor.low, scale * floor.high)
    first, second = (
        Cell(min(value, most), min(low, most), min(high, most), "chi-squared") for value, low, high in (one, means)
    )
    return first, second


def comparisons(leaderboard: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """All pairs on all endpoints, or on those of these metrics."""
    detectable = Column("minimum_detectable_difference", "Detectable", "number", 3)
    equivalent = Column("equivalent_within", "Equivalent ±", "number", 3)
    return Table(
        "comparisons",
        "Pairwise comparisons",
        (_A, _B, _ENDPOINT, Column("difference", "A − B", "cell", 3), _BELOW_FLOOR, *_TESTS, detectable, equivalent),
        tuple(
            (
                *(one.a, one.b, one.endpoint, one.difference, one.below_noise_floor),
                *(one.p, one.p_holm, _resolved(one), one.minimum_detectable, one.equivalent_within),
            )
            for one in _of(leaderboard.comparisons, wanted)
        ),
        (_P, _DETECTABLE, _EQUIVALENT, _NEAR),
    )


def _resolved(one: Comparison) -> bool | None:
    return one.resolved if one.confirmatory else None


def fold_tests(leaderboard: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """Tests beside the paired jackknife t, on the scores of the internal folds."""
    shares = (Column("p_better", "P(A better)", "number"), Column("p_equivalent", "P(equivalent)", "number"))
    return Table(
        "fold_tests",
        "Pairwise comparisons on the scores of the internal folds",
        (
            *(_A, _B, _ENDPOINT, Column("nadeau_bengio_p", "Nadeau–Bengio p", "p")),
            *(*shares, Column("p_worse", "P(A worse)", "number")),
            Column("mcnemar_p", "McNemar p", "p", shown="filled"),
        ),
        tuple(
            (
                *(one.a, one.b, one.endpoint, tests.corrected.p),
                *(tests.rope.better, tests.rope.equivalent, tests.rope.worse),
                tests.mcnemar.p if tests.mcnemar else None,
            )
            for one in _of(leaderboard.comparisons, wanted)
            if (tests := one.fold_tests) is not None and tests.known
        ),
        (_FOLDS, *_where_tests_disagree(_of(leaderboard.comparisons, wanted))),
    )


def _where_tests_disagree(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """One sentence on the pairs of which only one of both tests resolves a difference, and what each of them asks."""
    found = [
        f"{one.a} and {one.b} in {one.metric.in_sentence} (Holm p {p_value(one.p_holm)}, "
        f"Nadeau–Bengio p {p_value(tests.corrected.p)})"
        for one in comparisons
        if (tests := one.fold_tests) is not None
        and one.p_holm is not None
        and tests.corrected.p is not None
        and (one.p_holm <= SIGNIFICANCE) != (tests.corrected.p <= SIGNIFICANCE)
    ]
    if found:
        yield f"Two tests disagree on {listed(found)}: {_QUESTIONS}"


def against_baseline(leaderboard: Leaderboard, wanted: Sequence[str], baseline: str) -> Table:
    """Each other row minus the row called `baseline`, in the order of the leaderboard.

    p-values are adjusted as in the leaderboard, over all pairs and not only these. Rows that were not compared with
    the baseline are named in the notes. Raises ValueError where no row is called so.
    """
    names = [row.name for row in leaderboard.rows]
    if baseline not in names:
        raise ValueError(f"No row of the leaderboard is called {baseline!r}.")
    differences = {name: list(_minus(leaderboard, name, baseline)) for name in names if name != baseline}
    without = [name for name, found in differences.items() if not found]
    return Table(
        "against_baseline",
        f"Differences from {baseline}",
        (BACKBONE, _ENDPOINT, Column("difference", f"Minus {baseline}", "cell", 3), _BELOW_FLOOR, *_TESTS),
        tuple(
            (name, one.endpoint, one.difference, one.below_noise_floor, one.p, one.p_holm, _resolved(one))
            for name, found in differences.items()
            for one in _of(found, wanted)
        ),
        (_P, _NEAR, *([f"Not compared with {baseline}: {', '.join(without)}."] if without else [])),
    )


def _minus(leaderboard: Leaderboard, name: str, baseline: str) -> Iterator[Comparison]:
    """The comparisons of two rows, turned where needed so that they are the first minus the second."""
    for one in leaderboard.comparisons:
        if (one.a, one.b) == (name, baseline):
            yield one
        elif (one.a, one.b) == (baseline, name):
            yield replace(one, a=name, b=baseline, difference=turned(one.difference))


def turned(cell: Cell) -> Cell:
    """The cell of b − a, from that of a − b."""
    value, low, high = (None if number is None else 0.0 - number for number in (cell.value, cell.high, cell.low))
    return replace(cell, value=value, low=low, high=high)


def _of(comparisons: Sequence[Comparison], wanted: Sequence[str] | None) -> list[Comparison]:
    return [one for one in comparisons if wanted is None or one.metric.name in wanted]
