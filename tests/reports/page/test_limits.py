"""What the page says of its own limits, and what it does not claim."""

from collections.abc import Callable

import numpy as np

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import what_intervals_cover
from reports.page.board_sections import board_sections
from reports.page.limits import limits


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)


def sentences(made: Leaderboard) -> tuple[str, ...]:
    (points,) = limits(made, synthetic=False).parts
    return points.sentences


def test_only_backbones_from_random_weights_are_said_to_be(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("raw", 0.3, weights="random"), study.entry("ready", 0.9))
    assert "raw started from random weights; pretrained, the order may be another." in sentences(made)
    assert not any("random weights" in text for text in sentences(board(study, study.entry("ready", 0.9))))


def test_of_unknown_patients_and_of_further_hospitals(make_study: Callable) -> None:
    made, unknown = board(make_study(), make_study().entry("net")), "No patient is known of 3 of 9 cases."
    (points,) = limits(made, synthetic=False, patients=unknown).parts
    assert unknown in points.sentences
    assert any(one.endswith("need not hold at a further hospital.") for one in points.sentences)
    (points,) = limits(made, synthetic=True, patients=unknown).parts
    assert unknown not in points.sentences
    study = make_study(external={"Bern": 80, "Lyon": 80})
    assert any(
        one.endswith("What to expect there: bench run with --folds sites.")
        for one in sentences(board(study, study.entry("net")))
    )


def test_of_one_seed_no_interval_is_said_to_be_for_seeds(make_study: Callable) -> None:
    study = make_study()
    one, two = (what_intervals_cover(board(study, study.entry("net", seeds=seeds))) for seeds in ((0,), (0, 1)))
    assert "are for the drawing of evaluated cases" in one
    assert "are for the drawing of seeds and of evaluated cases" in two


def test_what_is_not_resolved_is_not_called_equal_nor_what_is_small_nothing(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("a"), study.entry("b"))
    intros = {section.identity: " ".join(section.intro) for section in board_sections(made)}
    assert "may be equal or not: these data do not say" in intros["comparisons"]
    assert "no evidence of a better backbone" in intros["noise"]
    (comparisons,) = [
        part
        for section in board_sections(made)
        for part in section.parts
        if getattr(part, "name", "") == "comparisons" and hasattr(part, "notes")
    ]
    assert any("under five degrees of freedom" in note for note in comparisons.notes)
