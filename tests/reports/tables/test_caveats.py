"""What is said of rows that are limited: in every table, and where guessing might equal them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tables_read import by_name, lines

from reports import Leaderboard, build_leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.latex_table import latex_text
from reports.draw.markdown_table import tables_markdown
from reports.tables.all_tables import NAMES, OF_ADAPTATION, OF_DRAWS, OF_POINTS, OF_SITES, OF_SUBGROUPS, build_tables
from reports.tables.caveats import NEAR_GUESSING, Caveat
from reports.tables.row_tables import GUESSING

LEAKS = Caveat("leaks", "leaks")


def test_what_limits_a_row_goes_with_it_into_every_table(make_study: Callable) -> None:
    study = make_study()
    entries = [
        study.entry("a", 0.4, seeds=(0, 1), caveats=(LEAKS, Caveat("imported", "imported"))),
        study.entry("b", 0.7, caveats=(LEAKS,)),
    ]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    tables = by_name(board, baseline="b")
    of_data = {*OF_SITES, *OF_SUBGROUPS, *OF_ADAPTATION, *OF_DRAWS, *OF_POINTS}
    there_are_none = {"fold_tests", *of_data}  # two seeds shared by both; sites that were held out, subgroups
    assert set(NAMES) - there_are_none == set(tables)
    said = ("Every backbone: leaks.", "a: imported.", "Fewer than 5 seeds: intervals are long where seeds matter")
    near = {row.name: f"{NEAR_GUESSING.text}; " if board.near_guessing(row) else "" for row in board.rows}
    of_a, of_b = f"leaks; imported; {near['a']}fewer than 5 seeds", "leaks"
    for name, table in tables.items():
        notes = "\n".join(table.notes)
        assert all(one in notes for one in said), name
        for line in lines(table):
            both = "a" in line
            if line.get("name") == GUESSING:
                continue
            key = "name" if name == "leaderboard" else "backbone"
            expected = {"a": of_a, "b": of_b}[line["a"] if both else line[key]]
            assert line["stamps"] == expected, name
            assert not both or line["b"] == "b"
    text = tables_markdown(tables.values())
    assert text.count("Every backbone: leaks.") == text.count("Fewer than 5 seeds: ") == len(tables)
    assert "Stamps" not in text
    assert all("Every backbone: leaks." in latex_text(table) for table in tables.values())
    assert f",{of_a}\n" in csv_text(tables["metrics"])


def test_what_guessing_might_equal_says_so_wherever_it_stands(make_study: Callable, guessing: Callable) -> None:
    """Its interval includes the quarter that four classes of one size give; nothing is probably the best of such."""
    study = make_study()
    entries = [guessing(study.entry(name), study.classes) for name in ("blind", "dark")]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    assert board.chance["internal"]["macro_f1"] == pytest.approx(0.25)
    assert all(board.near_guessing(row) for row in board.rows)
    tables = by_name(board)
    *rows, guessing = lines(tables["leaderboard"])
    assert [(row["stamps"], row["probability_of_best"]) for row in rows] == [(NEAR_GUESSING.text, None)] * 2
    assert guessing["stamps"] is None
    assert all(f"Every backbone: {NEAR_GUESSING.text}." in table.notes for table in tables.values())
    assert f",{NEAR_GUESSING.text}\n" in csv_text(tables["comparisons"])


def test_without_an_interval_nothing_is_clearly_better_than_guessing(make_study: Callable) -> None:
    study = make_study(internal=12, external={})
    entry = study.entry("sharp", 0.9, folds=3)
    board = build_leaderboard([entry], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    (row,) = board.rows
    assert 0.7 < row.cells.internal["macro_f1"].value < 1
    assert row.cells.internal["macro_f1"].low is None
    assert board.near_guessing(row)


def test_always_right_is_better_than_guessing_though_no_case_moves_it(make_study: Callable) -> None:
    study = make_study(external={})
    entry = study.entry("sharp")
    entry.predictions["predicted"] = entry.predictions["label"]
    board = build_leaderboard([entry], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    assert board.rows[0].cells.internal["macro_f1"].value == 1
    assert not board.near_guessing(board.rows[0])


def test_no_pair_is_tied_and_surely_decided(board: Leaderboard) -> None:
    """However probable, of rows with ties nothing near 0 or 1 is said."""
    tied = replace(
        board,
        rows=tuple(replace(row, rank=1, ties=tuple({"weak", "strong"} - {row.name})) for row in board.rows[:2]),
        probability_of_best={"strong": 0.97, "weak": 0.03},
    )
    assert [line["probability_of_best"] for line in lines(build_tables(tied)[0])[:2]] == [None, None]
    unsure = replace(tied, probability_of_best={"strong": 0.8, "weak": 0.2})
    assert [line["probability_of_best"] for line in lines(build_tables(unsure)[0])[:2]] == [0.8, 0.2]


def test_without_limits_nothing_is_said(make_study: Callable) -> None:
    study = make_study()
    board = build_leaderboard(
        [study.entry("a")], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50
    )
    tables = by_name(board)
    assert tables["metrics"].notes == ()
    assert {line["stamps"] for line in lines(tables["leaderboard"])} == {None}
