"""The leaderboard drawn as Markdown that reads well in a terminal and on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate

from reports.analysis import CONFUSED
from reports.cell import Cell
from reports.leaderboard import Leaderboard
from reports.metrics import AGGREGATE
from reports.noise_floor import NoiseFloor
from reports.notation import MARK_MEANINGS, NONE, interval, mark, number, p_value
from reports.probability_metrics import title_of
from reports.row import Row, SidedCells

RESEARCH_ONLY = "Research use only, never for diagnosis."
RECOMMENDED_SEEDS = 5

_LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
_SPECIAL = re.compile(r"[\\`*<>\[\]|#~]|(?<![^\W_])_|_(?![^\W_])")


def leaderboard_markdown(leaderboard: Leaderboard, *, title_lines: Sequence[str] = (), under_tables: str = "") -> str:
    """Draw all tables of a leaderboard.

    `title_lines` follow the line on research use; `under_tables` is a warning that is printed under each table.
    """
    notes = Footnotes()
    blocks = [RESEARCH_ONLY, *title_lines, "## Leaderboard"]
    if leaderboard.rows:
        blocks += _standings(leaderboard, notes)
    else:
        blocks.append("No backbone has a complete seed.")
    blocks += _below_the_table(leaderboard)
    for row in leaderboard.rows:
        blocks += _backbone(row, notes)
    if leaderboard.comparisons:
        blocks += _comparisons(leaderboard, notes)
    if under_tables:
        warning = f"**{escaped(under_tables)}**"
        blocks = [part for block in blocks for part in ([block, warning] if block.startswith("|") else [block])]
    return "\n\n".join(blocks) + "\n"


class Footnotes:
    """Writes cells and gathers what their marks mean, to be printed under each table."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._unprinted: dict[str, str] = {}

    def write(self, cell: Cell, digits: int = 2) -> str:
        """`0.61 (0.57–0.65)` with † or ‡ and a letter for its reason; a dash where there is no number."""
        sign = mark(cell)
        if sign:
            self._unprinted[sign] = MARK_MEANINGS[sign]
        return interval(cell, digits) + sign + (self._letter(cell.reason) if cell.reason else "")

    def flush(self) -> list[str]:
        """The notes used since the last flush, as one block."""
        lines = [f"{sign} {meaning}." for sign, meaning in self._unprinted.items()]
        self._unprinted = {}
        return ["  \n".join(lines)] if lines else []

    def _letter(self, reason: str) -> str:
        position = len(self._reasons)
        new = _LETTERS[position] if position < len(_LETTERS) else f"[{position + 1}]"
        letter = self._reasons.setdefault(reason, new)
        self._unprinted[letter] = escaped(reason)
        return letter


def _standings(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    yield _table(
        ["Rank", "Backbone", "Weights", "Recipe", "Internal accuracy", "Internal macro F1", "Ties"],
        (
            [
                _rank(row),
                escaped(row.backbone),
                escaped(row.weights),
                escaped(row.recipe),
                notes.write(row.cells.internal["accuracy"]),
                notes.write(row.cells.internal["macro_f1"]),
                escaped(", ".join(row.ties)) or NONE,
            ]
            for row in leaderboard.rows
        ),
    )
    for site in dict.fromkeys(site for row in leaderboard.rows for site in row.sites):
        yield f"External site {escaped(site)}, and the gap (internal minus {escaped(site)}):"
        yield _table(
            ["Backbone", f"{escaped(site)} accuracy", f"{escaped(site)} macro F1", "Gap accuracy", "Gap macro F1"],
            (
                [
                    escaped(row.name),
                    *(notes.write(row.cells.external[site][metric]) for metric in ("accuracy", "macro_f1")),
                    *(notes.write(row.cells.gap[site][metric]) for metric in ("accuracy", "macro_f1")),
                ]
                for row in leaderboard.rows
                if site in row.sites
            ),
        )
    yield from notes.flush()
    yield "What was run:"
    yield _table(
        ["Backbone", "Seeds", "Folds", "Parameters (M)", "Seconds a run", "Cases (clusters)"],
        (
            [
                escaped(row.name),
                str(len(row.seeds)),
                str(row.folds),
                NONE if row.parameters is None else f"{row.parameters / 1e6:.1f}",
                NONE if row.seconds_per_run is None else f"{row.seconds_per_run:.1f}",
                ", ".join(f"{escaped(side)} {cases} ({held})" for side, (cases, held) in row.clusters.items()),
            ]
            for row in leaderboard.rows
        ),
    )


def _below_the_table(leaderboard: Leaderboard) -> Iterator[str]:
    stamps = [f"- **{escaped(row.name)}: {escaped(stamp)}**" for row in leaderboard.rows for stamp in row.stamps]
    if stamps:
        yield "\n".join(stamps)
    if len(leaderboard.rows) > 1:
        yield (
            "Rank: 1 + the number of backbones resolved better on internal macro F1. "
            "Only the column Ties says which pairs these data do not resolve."
        )
    if leaderboard.probability_of_best:
        best = ", ".join(f"{escaped(name)} {number(p, 2)}" for name, p in leaderboard.probability_of_best.items())
        yield f"Probability of being the best on internal macro F1, by the bootstrap: {best}."
    if gains := {name: gain for name, gain in leaderboard.sample_gains.items() if gain.gain is not None}:
        yield (
            "Sample gain of the seeds: the variance of internal accuracy with one seed over that with all, as drawing "
            "so many times more cases would reduce it (from few seeds a rough figure):"
        )
        yield _table(
            ["Backbone", "Gain", "Effective cases", "The next seed adds"],
            (
                [
                    escaped(name),
                    number(gain.gain, 2),
                    number(gain.effective_cases, 0),
                    NONE if gain.next_seed is None else f"{gain.next_seed:.1%}",
                ]
                for name, gain in gains.items()
            ),
        )
    if leaderboard.noise_floor:
        yield "Noise floor: 95 % of the differences that other seeds alone make are smaller than this (internal):"
        yield _noise_floors(leaderboard)
    fewest = min((len(row.seeds) for row in leaderboard.rows), default=RECOMMENDED_SEEDS)
    if fewest < RECOMMENDED_SEEDS:
        yield f"Fewer than {RECOMMENDED_SEEDS} seeds: intervals may be too narrow where seeds matter."
    if leaderboard.rows:
        yield _what_intervals_cover(leaderboard)
    if fewest == 1:
        yield "With one seed only the sampling of cases is seen, not what another seed would change."
    if leaderboard.notes:
        yield "\n".join(f"- {escaped(note)}" for note in leaderboard.notes)


def _noise_floors(leaderboard: Leaderboard) -> str:
    return _table(
        ["Backbone", "Metric", "One seed each", "Means of all seeds"],
        (
            [
                escaped(name),
                AGGREGATE[metric].title,
                _floor(floor.floor_1, floor, 1.0),
                _floor(floor.floor_s, floor, floor.floor_s / floor.floor_1 if floor.floor_1 else 1.0),
            ]
            for name, metrics in leaderboard.noise_floor.items()
            for metric, floor in metrics.items()
        ),
    )


def _floor(value: float, floor: NoiseFloor, scale: float) -> str:
    return f"{number(value, 3)} ({number(scale * floor.low, 3)}–{number(scale * floor.high, 3)})"


def _what_intervals_cover(leaderboard: Leaderboard) -> str:
    strata = ", within the classes (not † and p, which do not use strata)" if leaderboard.stratified else ""
    resamples = "" if leaderboard.interval == "jackknife-t" else f", {leaderboard.resamples:,} resamples"
    return (
        f"Intervals ({leaderboard.confidence:.0%}, {leaderboard.interval}{resamples}) cover the drawing of seeds and "
        f"of evaluated cases, by patient where known{strata}; nothing here resamples the population that training "
        "sets come from."
    )


def _backbone(row: Row, notes: Footnotes) -> Iterator[str]:
    yield f"## {escaped(row.name)}"
    titles = {metric: title_of(metric) for metric in row.cells.internal}
    if not row.sites:
        yield _table(
            ["Metric", "Internal"],
            ([titles[metric], notes.write(cell)] for metric, cell in row.cells.internal.items()),
        )
    for site in row.sites:
        yield f"### Generalization gap, {escaped(site)}"
        lines = ([title, *_sides(row.cells, site, metric, notes)] for metric, title in titles.items())
        yield _table(["Metric", "Internal", "External", "Gap"], lines)
        yield _table(
            ["Gap, split", "Appearance shift", "Prevalence shift"],
            (
                [titles[metric], notes.write(split.appearance), notes.write(split.prevalence)]
                for metric, split in row.gap_split[site].items()
            ),
        )
    yield from notes.flush()
    yield "### F1 of each class"
    yield _by_side("Class", row.sites, row.per_class.items(), "f1", notes)
    yield from notes.flush()
    if row.confusion_pairs:
        yield "### Classes taken for each other"
        named = ((f"{a} ↔ {b}", cells) for (a, b), cells in row.confusion_pairs.items())
        yield _by_side("Share of both classes' cases", row.sites, named, CONFUSED, notes)
        yield from notes.flush()


def _by_side(
    first: str, sites: Sequence[str], rows: Iterable[tuple[str, SidedCells]], metric: str, notes: Footnotes
) -> str:
    lines = []
    for name, cells in rows:
        line = [escaped(name), notes.write(cells.internal[metric])]
        for site in sites:
            line += [notes.write(cells.external[site][metric]), notes.write(cells.gap[site][metric])]
        lines.append(line)
    return _table(
        [first, "Internal", *(title for site in sites for title in (escaped(site), f"Gap {escaped(site)}"))],
        lines,
    )


def _sides(cells: SidedCells, site: str, metric: str, notes: Footnotes) -> list[str]:
    return [
        notes.write(cell) for cell in (cells.internal[metric], cells.external[site][metric], cells.gap[site][metric])
    ]


def _comparisons(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    yield "## Pairwise comparisons"
    yield _table(
        ["A", "B", "Endpoint", "A − B", "p", "Holm p", "Resolved", "Detectable"],
        (
            [
                escaped(one.a),
                escaped(one.b),
                escaped(one.endpoint),
                notes.write(one.difference, 3) + (" ≈" if one.below_noise_floor else ""),
                p_value(one.p),
                p_value(one.p_holm),
                "yes" if one.resolved else "no",
                number(one.minimum_detectable, 3),
            ]
            for one in leaderboard.comparisons
        ),
    )
    yield from notes.flush()
    yield "Beside it, on the scores of the internal folds:"
    yield _fold_tests(leaderboard)
    yield (
        "p: paired jackknife t over clusters and seeds, Holm-adjusted over all pairs of an endpoint; resolved: "
        "adjusted p ≤ .05. Detectable: the true difference that the test of this pair alone, unadjusted, would find "
        "with 80 % power. "
        "≈: smaller than the noise floor of the seeds. Nadeau–Bengio: t-test corrected for the training cases that "
        "folds share. P: Bayesian correlated t; equivalent is a difference of at most 0.01."
    )


def _fold_tests(leaderboard: Leaderboard) -> str:
    tests = [(one, one.fold_tests) for one in leaderboard.comparisons if one.fold_tests is not None]
    single = any(test.mcnemar for _, test in tests)
    headers = ["A", "B", "Endpoint", "Nadeau–Bengio p", "P(A better)", "P(equivalent)", "P(A worse)"]
    return _table(
        headers + ["McNemar p"] * single,
        (
            [
                escaped(one.a),
                escaped(one.b),
                escaped(one.endpoint),
                p_value(test.corrected.p),
                *(number(share, 2) for share in (test.rope.better, test.rope.equivalent, test.rope.worse)),
                *([p_value(test.mcnemar.p) if test.mcnemar else NONE] if single else []),
            ]
            for one, test in tests
        ),
    )


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return str(tabulate([list(row) for row in rows], headers, tablefmt="github", disable_numparse=True))


def escaped(name: str) -> str:
    """A name given by the user, so that Markdown shows it as it is (an underscore inside a word needs no care)."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(name.split()))


def _rank(row: Row) -> str:
    return NONE if row.rank is None else str(row.rank)
