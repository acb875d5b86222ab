"""What the typed tables of a leaderboard hold."""

from collections.abc import Callable

import numpy as np
import pytest

from reports.cell import Cell
from reports.difference_tables import turned
from reports.leaderboard import TUNED, Leaderboard, build_leaderboard
from reports.table import Column, Item, Table, Term
from reports.tables import NAMES, build_tables, known_metrics


@pytest.fixture
def board(make_study: Callable) -> Leaderboard:
    study = make_study(external={"London": 60, "Oslo": 40})
    entries = [study.entry("weak", 0.4), study.entry("strong", 0.8), study.entry("best", 0.9, stamps=(TUNED,))]
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)


def lines(table: Table, **wanted: object) -> list[dict[str, Item]]:
    """Rows as dictionaries, terms by their names, that have these items."""
    names = [column.name for column in table.columns]
    rows = [
        {name: item.name if isinstance(item, Term) else item for name, item in zip(names, row, strict=True)}
        for row in table.rows
    ]
    return [row for row in rows if all(row[name] == item for name, item in wanted.items())]


def by_name(board: Leaderboard, **options: object) -> dict[str, Table]:
    return {table.name: table for table in build_tables(board, **options)}


def test_every_table_is_there_once_and_the_leaderboard_comes_first(board: Leaderboard) -> None:
    tables = build_tables(board, baseline="weak")
    assert [table.name for table in tables] == list(NAMES)


def test_the_leaderboard_has_a_line_a_row_in_its_order(board: Leaderboard) -> None:
    table = build_tables(board)[0]
    assert [row["backbone"] for row in lines(table)] == ["strong", "weak", "best"]
    assert [row["rank"] for row in lines(table)] == [1, 2, None]
    assert [row["internal_macro_f1"] for row in lines(table)] == [row.cells.internal["macro_f1"] for row in board.rows]
    assert [row["probability_of_best"] for row in lines(table)] == [1.0, 0.0, None]
    assert table.note == f"best: {TUNED}."


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


def test_the_noise_floor_of_all_seeds_is_that_of_one_over_their_root(board: Leaderboard) -> None:
    for line in lines(by_name(board)["noise_floor"]):
        one, several = line["floor_1"], line["floor_s"]
        for part in ("value", "low", "high"):
            assert getattr(several, part) == pytest.approx(getattr(one, part) / 5**0.5)


@pytest.mark.parametrize("baseline", ["weak", "strong"])
def test_differences_from_a_baseline_are_rows_minus_it(board: Leaderboard, baseline: str) -> None:
    """Turned where the comparison has them the other way: the difference of the values, within its interval."""
    (other,) = {"weak", "strong"} - {baseline}
    rows = {row.name: row.cells for row in board.rows}
    table = by_name(board, baseline=baseline)["against_baseline"]
    (line,) = lines(table, endpoint="internal.accuracy")
    expected = rows[other].internal["accuracy"].value - rows[baseline].internal["accuracy"].value
    assert (line["backbone"], line["resolved"]) == (other, True)
    assert line["difference"].value == pytest.approx(expected)
    assert line["difference"].low < line["difference"].value < line["difference"].high
    (line,) = lines(table, endpoint="gap.Oslo.macro_f1")
    expected = rows[other].gap["Oslo"]["macro_f1"].value - rows[baseline].gap["Oslo"]["macro_f1"].value
    assert line["difference"].value == pytest.approx(expected)
    assert table.note == f"Not compared with {baseline}: best."


def test_a_turned_cell() -> None:
    assert turned(Cell(0.2, -0.1, 0.5, "bca", "why")) == Cell(-0.2, -0.5, 0.1, "bca", "why")
    assert turned(Cell(None, reason="why")) == Cell(None, reason="why")
    assert str(turned(Cell(0.0)).value) == "0.0"


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
