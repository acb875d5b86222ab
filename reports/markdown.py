"""The leaderboard drawn as Markdown that reads well in a terminal and on GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.footnotes import Footnotes, escaped, markdown_table
from reports.leaderboard import Leaderboard
from reports.markdown_backbone import backbone_section
from reports.markdown_comparisons import comparisons_section
from reports.metrics import AGGREGATE
from reports.noise_floor import NoiseFloor
from reports.notation import NONE, RESEARCH_ONLY, number
from reports.row import Row

RECOMMENDED_SEEDS = 5


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
        blocks += backbone_section(row, notes)
    if leaderboard.comparisons:
        blocks += comparisons_section(leaderboard, notes)
    if under_tables:
        warning = f"**{escaped(under_tables)}**"
        blocks = [part for block in blocks for part in ([block, warning] if block.startswith("|") else [block])]
    return "\n\n".join(blocks) + "\n"


def _standings(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    yield markdown_table(
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
        yield markdown_table(
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
    yield markdown_table(
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
        yield markdown_table(
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
    return markdown_table(
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


def _rank(row: Row) -> str:
    return NONE if row.rank is None else str(row.rank)
