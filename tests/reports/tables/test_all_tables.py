"""What the typed tables of a leaderboard hold."""

from collections.abc import Callable

import numpy as np
import pytest
from tables_read import by_name, lines

from reports import Leaderboard, build_leaderboard
from reports.statistics.cell import Cell
from reports.tables.all_tables import (
    NAMES,
    OF_ADAPTATION,
    OF_DRAWS,
    OF_POINTS,
    OF_SITES,
    OF_SUBGROUPS,
    build_tables,
    known_metrics,
)
from reports.tables.caveats import TUNED, UNKNOWN_FOLDS
from reports.tables.row_tables import GUESSING, GUESSING_MEANING
from reports.tables.table import Column, Item, Table


def test_every_table_is_there_once_and_the_leaderboard_comes_first(board: Leaderboard) -> None:
    tables = build_tables(board, baseline="weak")
    of_data = (*OF_SITES, *OF_SUBGROUPS, *OF_ADAPTATION, *OF_DRAWS, *OF_POINTS)
    assert [table.name for table in tables] == [name for name in NAMES if name not in of_data]


def test_the_leaderboard_has_a_line_a_row_in_its_order(board: Leaderboard) -> None:
    table = build_tables(board)[0]
    *rows, guessing = lines(table)
    assert [row["backbone"] for row in rows] == ["strong", "weak", "best"]
    assert [row["rank"] for row in rows] == [1, 2, None]
    assert [row["internal_macro_f1"] for row in rows] == [row.cells.internal["macro_f1"] for row in board.rows]
    strong, weak, tuned = (row["probability_of_best"] for row in rows)
    assert (strong, weak, tuned) == (pytest.approx(1, abs=1e-3), pytest.approx(0, abs=1e-3), None)
    assert [row["name"] for row in rows] == [row.name for row in board.rows]
    assert guessing["name"] == guessing["backbone"] == GUESSING
    assert guessing["internal_macro_f1"] == Cell(board.chance["internal"]["macro_f1"])
    assert {guessing[key] for key in ("rank", "weights", "recipe", "ties", "probability_of_best", "stamps")} == {None}
    assert table.notes[0].startswith("Rank: 1 + the number of backbones resolved better on internal macro F1")
    assert table.notes[1].startswith("P(best): a conservative probability")
    assert table.notes[2] == GUESSING_MEANING
    assert table.notes[3:] == (f"best: {TUNED}.", *board.notes)
    assert board.notes


def test_the_rows_of_a_backbone_without_the_columns_that_say_so(board: Leaderboard) -> None:
    table = by_name(board)["metrics"]
    one = table.where(backbone="weak", site="Oslo")
    assert [column.name for column in one.columns] == ["metric", "internal", "external", "gap", "stamps"]
    assert len(one.rows) == len(board.rows[0].cells.internal)
    assert one.rows[0][3] is next(row for row in board.rows if row.name == "weak").cells.gap["Oslo"]["accuracy"]
    assert table.where(site="Bern").rows == ()


def test_folds_that_are_not_known_are_a_dash(make_study: Callable) -> None:
    study = make_study(external={})
    entry = study.entry("a", holdout=1.0, caveats=(UNKNOWN_FOLDS,))
    board = build_leaderboard([entry], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    assert board.rows[0].folds == 1
    assert [line["folds"] for line in lines(by_name(board)["runs"])] == [None]


def test_what_is_of_macro_f1_says_so_where_other_metrics_are_asked_for(board: Leaderboard) -> None:
    def titles(*metrics: str) -> set[str]:
        return {column.title for column in build_tables(board, metrics)[0].columns}

    assert {"Rank (macro F1)", "Ties (macro F1)", "P(best) (macro F1)"} <= titles("accuracy")
    assert {"Rank", "Ties", "P(best)"} <= titles("accuracy", "macro_f1")


def test_each_cell_stands_under_its_backbone_site_and_metric(board: Leaderboard) -> None:
    tables = by_name(board)
    assert len(tables["metrics"].rows) == 3 * 2 * len(board.rows[0].cells.internal)
    for row in board.rows:
        for site in ("London", "Oslo"):
            (line,) = lines(tables["metrics"], backbone=row.name, site=site, metric="balanced_accuracy")
            assert line["internal"] is row.cells.internal["balanced_accuracy"]
            assert line["external"] is row.cells.external[site]["balanced_accuracy"]
            assert line["gap"] is row.cells.gap[site]["balanced_accuracy"]
            (line,) = lines(tables["gap_split"], backbone=row.name, site=site, metric="macro_f1")
            assert line["appearance"] is row.gap_split[site]["macro_f1"].appearance
            (line,) = lines(tables["classes"], backbone=row.name, site=site, metric="recall", **{"class": "epidural"})
            assert line["gap"] is row.per_class["epidural"].gap[site]["recall"]
            (line,) = lines(tables["confusion"], backbone=row.name, site=site)
            assert line["internal"] is row.confusion_pairs["epidural", "subdural"].internal["confused"]
            assert (line["class_a"], line["class_b"]) == ("epidural", "subdural")


def test_metrics_limit_every_table(board: Leaderboard) -> None:
    tables = by_name(board, metrics=["balanced_accuracy", "recall"], baseline="weak")
    assert list(tables) == ["leaderboard", "runs", "metrics", "classes"]
    columns = [column.name for column in tables["leaderboard"].columns]
    assert "internal_balanced_accuracy" in columns
    assert "internal_accuracy" not in columns
    assert {row["metric"] for row in lines(tables["metrics"])} == {"balanced_accuracy"}
    assert {row["metric"] for row in lines(tables["classes"])} == {"recall"}
    tables = by_name(board, metrics=["accuracy"], baseline="weak")
    for name in ("comparisons", "against_baseline"):
        endpoints = {row["endpoint"] for row in lines(tables[name])}
        assert {endpoint.rpartition(".")[2] for endpoint in endpoints} == {"accuracy"}
        assert {endpoint.partition(".")[0] for endpoint in endpoints} == {"internal", "external", "gap"}
    assert {row["endpoint"] for row in lines(tables["fold_tests"])} == {"internal.accuracy"}
    assert "classes" not in tables
    assert set(by_name(board, metrics=["confused"])) == {"leaderboard", "runs", "confusion"}


def test_known_metrics_are_those_of_rows_classes_and_pairs(board: Leaderboard) -> None:
    known = known_metrics(board)
    assert {"accuracy", "macro_f1", "balanced_accuracy", "f1", "precision", "recall", "confused"} <= set(known)
    assert len(set(known)) == len(known)


def test_what_is_not_there_is_refused(board: Leaderboard) -> None:
    with pytest.raises(ValueError, match="no metric speed"):
        build_tables(board, ["accuracy", "speed"])
    with pytest.raises(ValueError, match="called 'bets'"):
        build_tables(board, baseline="bets")


def test_without_external_sites_there_are_internal_lines(make_study: Callable) -> None:
    study = make_study(external={})
    board = build_leaderboard(
        [study.entry("net")], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50
    )
    tables = by_name(board)
    assert "gap_split" not in tables
    assert "comparisons" not in tables
    (line,) = lines(tables["metrics"], metric="accuracy")
    assert (line["site"], line["external"], line["gap"]) == (None, None, None)
    assert line["internal"] is board.rows[0].cells.internal["accuracy"]


@pytest.mark.parametrize(
    ("row", "message"), [(("a",), "1 items, not 2"), (("a", 0.5), "of cells"), ((Cell(1.0), Cell(1.0)), "of texts")]
)
def test_rows_that_do_not_fit_the_columns_are_refused(row: tuple[Item, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Table("t", "T", (Column("name", "Name"), Column("score", "Score", "cell")), (row,))


def test_sample_gain_is_the_ratio_of_variances_in_the_table(board: Leaderboard) -> None:
    for line in lines(by_name(board)["sample_gain"]):
        components = board.sample_gains[line["backbone"]].components
        accuracy = next(row for row in board.rows if row.name == line["backbone"]).cells.internal["accuracy"].value
        one, now = (components.cluster + (components.seed + components.within) / n for n in (1, 5))
        assert line["gain"] == pytest.approx(one / now)
        assert line["effective_cases"] == pytest.approx(accuracy * (1 - accuracy) / now)
