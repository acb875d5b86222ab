"""The overview: what it takes of a leaderboard, and that it fits on one screen whatever that holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from reports import Entry, Leaderboard, build_leaderboard
from reports.overview.build import MOST_STANDINGS, MOST_WARNINGS, build_overview
from reports.overview.lines import broken, columns_of
from reports.overview.overview import Overview
from reports.overview.screen import Ending, Step, screen
from reports.overview.standings import letters
from reports.page.plain_words import plain_words
from reports.tables.caveats import TUNED, Caveat

DATA = "Data: own images. 4 classes; 160 internal cases."
ENDING = Ending(
    ("All else: results/leaderboard.md, results/leaderboard.json",),
    (Step("bench report results --open", "the page"), Step("bench status results", "what failed, and why " * 3)),
)
NAMES = ("resnet34", "tf_efficientnet_lite0", "vit_small_patch16_224.dino", "hf-hub:company/a-long-name-of-a-model")
TEN = (*NAMES, "densenet121", "convnext_tiny", "regnety_016", "swin_tiny", "mobilenetv3_large_100", "resnet50")


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)


def overview(study: object, *entries: Entry, further: Sequence[str] = ()) -> Overview:
    return build_overview(board(study, *entries), DATA, further)


def rows(text: str) -> list[str]:
    """The first line of each backbone that is shown."""
    return re.findall(r"^(?:[A-Z]+)? +(?:\d+|–)  \S.*$", text, re.MULTILINE)


def test_it_holds_the_cells_of_the_leaderboard_in_its_order(make_study: Callable) -> None:
    study = make_study(external={"A": 40, "B": 40})
    made = board(study, *(study.entry(name, skill) for name, skill in (("weak", 0.2), ("good", 0.8), ("fair", 0.7))))
    found = build_overview(made, DATA)
    assert found.answer == tuple(f"{one.question} {one.answer}" for one in plain_words(made))
    assert [one.name for one in found.standings] == [row.name for row in made.rows]
    for one, row in zip(found.standings, made.rows, strict=True):
        assert (one.rank, one.internal) == (row.rank, row.cells.internal["macro_f1"])
        assert [(at.site, at.value, at.gap) for at in one.elsewhere] == [
            (site, row.cells.external[site]["macro_f1"], row.cells.gap[site]["macro_f1"]) for site in ("A", "B")
        ]
        assert tuple(found.standings[place].name for place in one.ties) == tuple(
            row.name for row in made.rows if row.name in one_ties(made, one.name)
        )
    assert found.guessing == {side: pytest.approx(0.25) for side in ("internal", "A", "B")}


def one_ties(made: Leaderboard, name: str) -> tuple[str, ...]:
    return next(row.ties for row in made.rows if row.name == name)


def test_it_comes_back_from_json_as_it_was(make_study: Callable) -> None:
    study = make_study()
    found = overview(study, study.entry("a"), study.entry("b"))
    assert TypeAdapter(Overview).validate_python(json.loads(json.dumps(found.to_dict()))) == found


def test_each_warning_once_and_the_most_important_first(make_study: Callable) -> None:
    study = make_study()
    leaks = Caveat("leaks", "3 pair(s) of cases leak from training into evaluation (tables/leaks.csv)")
    tuned = Caveat("tuned", f"{TUNED} (study s, 9 of them)")
    entries = (study.entry("a", caveats=(tuned, leaks)), study.entry("b", caveats=(leaks,), seeds=(0, 1)))
    found = overview(study, *entries, further=("No patient is known.", "No patient is known."))
    assert found.warnings[:4] == (
        f"Every backbone: {leaks.text}.",
        f"a: {tuned.text}.",
        "Fewer than 5 seeds: intervals are long where seeds matter, since so few show little of how much they do; one "
        "shows nothing of it.",
        "No patient is known.",
    )
    assert not [text for text in found.warnings[4:] if TUNED in text]
    assert len(set(found.warnings)) == len(found.warnings)


def test_what_the_answer_says_is_no_warning_as_well(make_study: Callable, guessing: Callable) -> None:
    study = make_study()
    blind = guessing(study.entry("blind"), study.classes)
    alone = overview(study, blind)
    assert "better than guessing" in " ".join(alone.answer) or "may be luck" in " ".join(alone.answer)
    assert alone.warnings == ()
    with_other = overview(study, blind, study.entry("good", 0.9, weights="random"))
    assert with_other.warnings == ("blind: not clearly better than guessing.",)
    assert "only blind was pretrained" in with_other.answer[1]


@pytest.mark.parametrize("skill", [0.03, 0.0], ids=["ranked", "all tied"])
@pytest.mark.parametrize(
    "sites", [{"London": 60}, {"Bern": 60, "London": 60, "external": 40}, {"n": 5}], ids=["one", "three", "tiny"]
)
def test_ten_backbones_fit_on_a_screen(make_study: Callable, sites: dict[str, int], skill: float) -> None:
    study = make_study(external=sites)
    weights = ("ImageNet", "random")
    entries = [study.entry(name, 0.7 - skill * n, weights=weights[n % 2]) for n, name in enumerate(TEN)]
    found = overview(study, *entries, further=[f"warning {n} " * 12 for n in range(9)])
    for width in (100, 80):
        text = screen(found, replace(ENDING, warnings=("1 run has failed.",)), width)
        lines = text.splitlines()
        assert len(lines) <= 40
        assert max(map(columns_of, lines)) <= width
        assert lines[0] == "Research use only, never for diagnosis."
        assert " ".join(" ".join(lines[3 : lines.index("", 3)]).split()) == " ".join(found.answer)
        shown = len(rows(text))
        assert shown >= 3
        assert sum(map(int, re.findall(r"and (\d+) more: leaderboard\.md", text))) == 10 - shown
        told = [line[2:11] for line in lines if line.startswith("! ")]
        assert told[0] == "1 run has"
        assert told[1:-1] == [f"warning {n}" for n in range(len(told) - 2)]
        assert f"! {11 - len(told)} more in leaderboard.md" in lines


def test_one_backbone_has_neither_ties_nor_letters(make_study: Callable) -> None:
    study = make_study()
    text = screen(overview(study, study.entry("only")), ENDING)
    (row,) = rows(text)
    assert re.fullmatch(r" +1  only +0\.\d\d \(0\.\d\d–0\.\d\d\)  0\.\d\d \(0\.\d\d–0\.\d\d\)  .*\)", row)
    assert "Tied" not in text
    assert "Weights at the start: ImageNet." in " ".join(text.split())


def test_without_external_sites_there_is_no_gap(make_study: Callable) -> None:
    study = make_study(external={"London": 40})
    study.table = study.table[study.table["site"] == "internal"].reset_index(drop=True)
    text = screen(overview(study, study.entry("a"), study.entry("b")), ENDING)
    assert "Gap" not in text
    assert "no other hospital was tested" in text


def test_three_sites_stand_below_each_other_where_there_is_room(make_study: Callable) -> None:
    study = make_study(external={"Bern": 60, "London": 60, "external": 60})
    found = overview(study, study.entry("a"), study.entry("b"))
    text = screen(found, ENDING)
    assert re.search(r"a +0\.\d+ \(.*\)  Bern .*\n +London .*\n +external ", text)
    gaps = [one.gap.value for one in found.standings[0].elsewhere]
    short = screen(found, ENDING, height=20)
    assert f"{max(gaps):.2f} (" in short
    assert "Largest gap" in short


def test_many_more_are_counted(make_study: Callable) -> None:
    study = make_study(internal=40, external={})
    study.table = study.table[study.table["site"] == "internal"].reset_index(drop=True)
    made = board(study, *(study.entry(f"net{n:02d}", seeds=(0,)) for n in range(MOST_STANDINGS + 3)))
    found = build_overview(made, DATA, [str(n) for n in range(MOST_WARNINGS + 2)])
    assert (len(found.standings), found.more) == (MOST_STANDINGS, 3)
    assert len(found.warnings) == MOST_WARNINGS
    text = screen(found, ENDING)
    shown = len(re.findall(r"^ *net\d\d", text, re.MULTILINE))
    assert f"and {MOST_STANDINGS + 3 - shown} more: leaderboard.md" in text
    assert len(text.splitlines()) <= 40


def test_no_row_at_all(make_study: Callable) -> None:
    study = make_study()
    text = screen(overview(study, further=["a: no complete seed, so it has no row."]), ENDING)
    assert "there is nothing to rank" in text
    assert "! a: no complete seed" in text


def test_commands_and_paths_stay_whole(make_study: Callable) -> None:
    study = make_study()
    path = "/a/very/long/path/to/a/folder/of results/that-nobody/would/type/leaderboard.md"
    ending = Ending((path,), (Step(f"bench report '{path}' --open", "the page"),))
    text = screen(overview(study, study.entry("a")), ending, 60)
    assert path in text.splitlines()
    assert f"Next: bench report '{path}' --open" in text.splitlines()
    assert "      # the page" in text.splitlines()


@pytest.mark.parametrize(
    ("places", "known", "text"),
    [
        ((), 5, "–"),
        ((0,), 5, "A"),
        ((0, 1), 5, "A, B"),
        ((0, 1, 2), 5, "A–C"),
        ((0, 2, 3, 4), 5, "A, C–E"),
        ((25, 26), 30, "Z, AA"),
        ((1, 7, 8), 5, "B, 2 more"),
    ],
)
def test_ties_by_letters(places: tuple[int, ...], known: int, text: str) -> None:
    assert letters(places, known) == text


def test_names_are_broken_where_words_part_and_nothing_is_lost() -> None:
    assert broken("tf_efficientnet_lite0, ImageNet", 22) == ["tf_efficientnet_lite0,", "ImageNet"]
    assert broken("vit_small_patch16_224.dino", 14) == ["vit_small_", "patch16_224.", "dino"]
    assert broken("x" * 30, 14) == ["x" * 14, "x" * 14, "xx"]


def test_wide_letters_take_two_columns() -> None:
    assert columns_of("模型a\u0301") == 5
