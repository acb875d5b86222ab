"""What the page cannot say, in plain words."""

from reports.draw.markdown_leaderboard import what_intervals_cover
from reports.page.part import Points, Section
from reports.statistics.metrics import primary
from reports.tables.claims import RANDOM, RECOMMENDED_SEEDS
from reports.tables.leaderboard import Leaderboard
from reports.tables.wording import listed, site_name


def limits(leaderboard: Leaderboard, *, synthetic: bool, warning: str = "", patients: str = "") -> Section:
    """Limitations of every page, and those of this one. warning: of leaks; patients: of unknown ones; or empty."""
    rows, sites = leaderboard.rows, leaderboard.sites
    random = [row.name for row in rows if row.weights == RANDOM]
    always = [
        "Research use only, never for diagnosis. Nothing here was tested for any decision about a patient.",
        what_intervals_cover(leaderboard),
        "Labels are taken as given. Where they are wrong, the numbers are wrong in a way that no interval shows.",
        f"Ranks are of internal {primary().in_sentence}. Other metrics, sites or costs of errors may rank otherwise.",
    ]
    of_this = [
        (synthetic, "The images are synthetic. They show how the program works, not how a backbone does on patients."),
        (bool(warning), f"{warning}: these numbers are too good."),
        (bool(patients) and not synthetic, patients),
        (
            not sites and not leaderboard.hospitals,
            "No other hospital was tested. Internal numbers promise nothing for one.",
        ),
        (
            bool(leaderboard.hospitals),
            "The next hospital is taken for one of the same kind as these, which it is not if they were chosen for "
            "being near, large or alike.",
        ),
        (
            bool(sites),
            f"What holds at {listed(tuple(map(site_name, sites)))} need not hold at a further hospital."
            + (" What to expect there: bench run with --folds sites." if len(sites) > 1 else ""),
        ),
        (
            bool(random),
            f"{listed(random)} started from random weights; pretrained, the order may be another.",
        ),
        (
            any(len(row.seeds) < RECOMMENDED_SEEDS for row in rows),
            f"Fewer than {RECOMMENDED_SEEDS} seeds were run, so what the seed does is known only roughly.",
        ),
    ]
    return Section(
        "limits",
        "Limitations",
        (),
        (Points((*always, *(text for holds, text in of_this if holds))),),
    )
