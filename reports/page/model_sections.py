"""The sections that need predictions and learning curves: confusions, seeds, learning, calibration."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from reports.page.board_sections import MOST_BACKBONES, first_of, of_one_site
from reports.page.confused_cases import Confusions, gather
from reports.page.learning import TITLES, learning_curve, scored_on_the_way, still_rising
from reports.page.part import Section
from reports.page.reliability import reliability, reliability_diagram
from reports.page.seed_dots import of_seeds, seed_dots
from reports.statistics.metrics import compared, of_calibration
from reports.tables import row_tables
from reports.tables.all_tables import known_metrics
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Entry
from reports.tables.wording import listed, number

_NOTHING = pd.DataFrame()


def model_sections(
    leaderboard: Leaderboard, entries: Mapping[str, Entry], histories: Mapping[str, pd.DataFrame]
) -> tuple[Section, ...]:
    """entries: the name of each row → what it was made from; histories: name → seed, fold and columns of epochs."""
    if not leaderboard.rows:
        return ()
    predictions = {row.name: (entries[row.name].predictions, row.seeds) for row in leaderboard.rows}
    confusions = gather(predictions, leaderboard.classes)
    sections = (
        _confusion(confusions),
        _seeds(leaderboard, confusions),
        _learning(leaderboard, histories),
        _calibration(leaderboard, entries),
    )
    return tuple(section for section in sections if section.parts)


def _confusion(confusions: Confusions) -> Section:
    return Section(
        "confusion",
        "Confusions",
        (
            "Cases of each class (rows) by the class predicted (columns): the mean over seeds and, at external sites, "
            "fold models. Colour is the share of the row. A cell opens the list of its cases, those first that are "
            "most often in it.",
        ),
        (confusions,),
    )


def _seeds(leaderboard: Leaderboard, confusions: Confusions) -> Section:
    seeds = {row.name: row.seeds for row in leaderboard.rows}
    return Section(
        "seeds",
        "Every seed",
        ("Each dot is all folds of one seed; its neighbours differ from it in the seed, which also draws the folds.",),
        tuple(seed_dots(of_seeds(confusions, seeds, metric), metric) for metric in compared()),
    )


def _learning(leaderboard: Leaderboard, histories: Mapping[str, pd.DataFrame]) -> Section:
    shown = [row.name for row in leaderboard.rows if len(histories.get(row.name, ()))][:MOST_BACKBONES]
    return Section(
        "learning",
        "Learning curves",
        (
            _rising(leaderboard, histories),
            "Each line is a seed, the mean over its folds. No epoch was chosen by them: the last one counts.",
            *first_of(leaderboard),
        ),
        tuple(
            learning_curve(name, histories[name], quantity, number)
            for number, name in enumerate(shown, start=1)
            for quantity in TITLES
        ),
    )


def _rising(leaderboard: Leaderboard, histories: Mapping[str, pd.DataFrame]) -> str:
    """Which backbones were still learning when they were stopped."""
    found = {row.name: rise for row in leaderboard.rows if (rise := still_rising(histories.get(row.name, _NOTHING)))}
    if not found:
        if not any(map(scored_on_the_way, histories.values())):
            return (
                "Whether a backbone was still rising is not known, since held-out cases were scored after the last "
                "epoch alone; --monitor every scores them after each."
            )
        return "No backbone was clearly still rising at the last epoch."
    said = [
        f"{name} (+{number(rise.gained, 2)} over the last {rise.epochs} of {rise.of} epochs)"
        for name, rise in found.items()
    ]
    return (
        f"Still rising at the last epoch: {listed(said)}. With more epochs the values may be higher, and the order "
        "another."
    )


def _calibration(leaderboard: Leaderboard, entries: Mapping[str, Entry]) -> Section:
    known = [metric for metric in of_calibration() if metric.name in known_metrics(leaderboard)]
    bins = {
        row.name: reliability(entries[row.name].predictions, leaderboard.classes)
        for row in leaderboard.rows[:MOST_BACKBONES]
        if known
    }
    charts = (reliability_diagram(name, found, n) for n, (name, found) in enumerate(bins.items(), start=1) if found)
    title = listed([metric.short for metric in known], len(known))
    table = of_one_site(leaderboard, row_tables.metrics(leaderboard, [metric.name for metric in known]))
    return Section(
        "calibration",
        "Calibration",
        (
            "Whether a confidence of 0.8 is right in 8 of 10 cases; below the diagonal a model is too sure. "
            + " ".join(metric.calibration or "" for metric in known),
            *first_of(leaderboard),
        ),
        (*charts, replace(table, name="calibration", title=title)) if known else (),
    )
