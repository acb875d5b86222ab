"""The answer in plain words: cases of a hundred, luck, losses and noise."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reports import Entry, Leaderboard, build_leaderboard
from reports.page.of_hundred import of_hundred
from reports.page.plain_words import plain_words
from reports.statistics.cell import Cell


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)


def said(leaderboard: Leaderboard) -> list[str]:
    return [one.answer for one in plain_words(leaderboard)]


def right(entry: Entry, site: str) -> int:
    """Of 100 predictions at a site, counted by hand: every seed and model counts alike."""
    rows = entry.predictions[entry.predictions["site"] == site]
    return round(100 * float((rows["label"] == rows["predicted"]).mean()))


def test_a_clear_winner(make_study: Callable) -> None:
    study = make_study()
    strong, weak = study.entry("strong", 0.9, drop=0.3), study.entry("weak", 0.3)
    made = board(study, weak, strong)
    which, sure, elsewhere, noise = said(made)
    assert which.startswith(f"strong. It was right in {right(strong, 'internal')} of 100 cases (")
    assert which.endswith(f") here; weak in {right(weak, 'internal')}.")
    assert sure.startswith("strong beats weak, and luck is an unlikely explanation (p <.001 by macro F1, which ")
    assert elsewhere.startswith(f"At London it was right in {right(strong, 'London')} of 100 cases (")
    lost = right(strong, "internal") - right(strong, "London")
    assert f": {lost} fewer than here (" in elsewhere  # as a reader subtracts
    assert "chance" not in elsewhere
    floor = made.noise_floor["strong"]["accuracy"]
    assert noise.startswith(
        f"Trained again with 5 other seeds, strong would differ by up to {of_hundred(floor.floor_s)} of 100 ("
    )
    apart = right(strong, "internal") - right(weak, "internal")
    larger = max(("strong", "weak"), key=lambda name: made.noise_floor[name]["accuracy"].floor_s)
    most = of_hundred(made.noise_floor[larger]["accuracy"].floor_s)
    assert any(
        noise.endswith(f"The two backbones differ by {one}, more than other seeds change {larger} (up to {most}).")
        for one in (apart - 1, apart, apart + 1)
    )


def test_what_is_better_elsewhere_alone_is_said(make_study: Callable) -> None:
    study = make_study()
    here, there = study.entry("here", 0.9, drop=0.7), study.entry("there", 0.6, drop=0.0)
    told, (first, second) = said(board(study, here, there))[2], (right(here, "London"), right(there, "London"))
    assert second > first + 20
    assert told.startswith(f"At London it was right in {first} of 100 cases (")
    assert told.endswith(f"there, after it here, was right in {second} there.")
    assert "after it here" not in said(board(study, here, study.entry("worse", 0.1, drop=0.0)))[2]


def test_no_more_than_a_hundred_can_differ(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("net"))

    def noise(floor: float, high: float) -> str:
        floors = {"accuracy": replace(made.noise_floor["net"]["accuracy"], floor_1=floor, floor_s=floor, high=high)}
        return said(replace(made, noise_floor={"net": floors}))[3]

    assert noise(0.45, 2.21).startswith("Trained again with 5 other seeds, net would differ by up to 45 of 100 (")
    assert " to 100)." in noise(0.45, 2.21)
    assert noise(1.02, 5.03) == "That is not known: 5 seeds are too few to show it."


def test_only_one_was_pretrained(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("raw", 0.3, weights="random"), study.entry("ready", 0.9))
    assert said(made)[1].endswith("But only ready was pretrained, so the weights may be all that differs.")
    even = board(study, study.entry("raw", 0.6, weights="random"), study.entry("ready", 0.6))
    assert even.rows[0].ties
    assert said(even)[1].endswith("the difference may be luck. The comparison is not even: only ready was pretrained.")


def test_ties_have_no_winner(make_study: Callable) -> None:
    study = make_study()
    which, sure, elsewhere, noise = said(board(study, *(study.entry(name, 0.6, drop=0.0) for name in ("a", "b", "c"))))
    assert which.startswith("None is clearly the best. ")
    assert sure.startswith("These data do not tell ")
    assert sure.endswith("the difference may be luck.")
    assert ", which may be chance (" in elsewhere
    assert "Of 3 differences between backbones, " in noise


def test_alone_with_one_seed_and_no_site(make_study: Callable) -> None:
    study = make_study(external={"London": 40})
    study.table = study.table[study.table["site"] == "internal"].reset_index(drop=True)
    which, sure, elsewhere, noise = said(board(study, study.entry("only", seeds=(0,))))
    assert which.startswith("only alone was tested. It was right in ")
    assert sure == "There was nothing to compare it with."
    assert elsewhere == "That is not known: no other hospital was tested."
    assert noise == "That is not known, since one seed was trained."
    assert plain_words(board(study)) == ()


def test_what_guessing_might_equal_is_no_answer(make_study: Callable, guessing: Callable) -> None:
    study = make_study()
    which, sure, _, _ = said(board(study, guessing(study.entry("blind"), study.classes), study.entry("worse", 0.0)))
    assert which.startswith("None is shown to be better than guessing. ")
    assert sure.startswith("Not sure at all. ")
    assert "By macro F1, which counts every class alike, it reached 0." in sure
    assert sure.endswith(") and guessing 0.25: it may be luck.")


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (Cell(0.09, 0.01, 0.18), ": 9 fewer than here (1 to 18 fewer)."),
        (Cell(0.09, -0.001, 0.19), ": 9 fewer than here, which may be chance (0 to 19 fewer)."),
        (Cell(0.03, -0.02, 0.09), ": 3 fewer than here, which may be chance (2 more to 9 fewer)."),
        (Cell(-0.05, -0.09, -0.01), ": 5 more than here (1 to 9 more)."),
        (Cell(0.001, -0.04, 0.05), ": about as many as here, which may be chance (4 more to 5 fewer)."),
        (Cell(None, reason="none"), "; how that compares is not known."),
    ],
)
def test_losses_and_gains(make_study: Callable, gap: Cell, expected: str) -> None:
    study = make_study()
    made = board(study, study.entry("net"))
    row = made.rows[0]
    here, there = Cell(0.8), Cell(None if gap.value is None else 0.8 - gap.value)
    cells = replace(
        row.cells,
        internal={**row.cells.internal, "accuracy": here},
        external={"London": {**row.cells.external["London"], "accuracy": there}},
        gap={"London": {**row.cells.gap["London"], "accuracy": gap}},
    )
    assert said(replace(made, rows=(replace(row, cells=cells),)))[2].endswith(expected)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.724, "72"), (0.004, "under 1"), (0.0, "0"), (0.997, "over 99"), (1.0, "100")]
)
def test_shares_of_a_hundred(share: float, expected: str) -> None:
    assert of_hundred(share) == expected
