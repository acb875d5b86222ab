"""What the typed tables of a leaderboard hold."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reports import Leaderboard, build_leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.latex_table import latex_text
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.draw.markdown_table import tables_markdown
from reports.statistics.cell import Cell
from reports.statistics.comparison import Comparison
from reports.tables.all_tables import NAMES, build_tables, known_metrics
from reports.tables.caveats import NEAR_GUESSING, TUNED, UNKNOWN_FOLDS, Caveat
from reports.tables.comparison_tables import turned
from reports.tables.row_tables import GUESSING, GUESSING_MEANING
from reports.tables.table import Column, Item, Table, Term

LEAKS = Caveat("leaks", "leaks")


@pytest.fixture
def board(make_study: Callable) -> Leaderboard:
    study = make_study(external={"London": 60, "Oslo": 40})
    entries = [
        study.entry("weak", 0.4),
        study.entry("strong", 0.8),
        study.entry("best", 0.9, caveats=(Caveat("tuned", TUNED),)),
    ]
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


def test_what_limits_a_row_goes_with_it_into_every_table(make_study: Callable) -> None:
    study = make_study()
    entries = [
        study.entry("a", 0.4, seeds=(0, 1), caveats=(LEAKS, Caveat("imported", "imported"))),
        study.entry("b", 0.7, caveats=(LEAKS,)),
    ]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    tables = by_name(board, baseline="b")
    assert set(NAMES) - {"fold_tests"} == set(tables)  # of two seeds that both share there are none
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


def test_without_limits_nothing_is_said(make_study: Callable) -> None:
    study = make_study()
    board = build_leaderboard(
        [study.entry("a")], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50
    )
    tables = by_name(board)
    assert tables["metrics"].notes == ()
    assert {line["stamps"] for line in lines(tables["leaderboard"])} == {None}


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
    (line,) = lines(table, endpoint="internal.macro_f1")
    expected = rows[other].internal["macro_f1"].value - rows[baseline].internal["macro_f1"].value
    assert (line["backbone"], line["resolved"]) == (other, True)
    (explored,) = lines(table, endpoint="internal.accuracy")
    assert explored["resolved"] is None
    assert line["difference"].value == pytest.approx(expected)
    assert line["difference"].low < line["difference"].value < line["difference"].high
    (line,) = lines(table, endpoint="gap.Oslo.macro_f1")
    expected = rows[other].gap["Oslo"]["macro_f1"].value - rows[baseline].gap["Oslo"]["macro_f1"].value
    assert line["difference"].value == pytest.approx(expected)
    assert f"Not compared with {baseline}: best." in table.notes


def test_where_two_tests_disagree_one_sentence_says_what_each_asks(board: Leaderboard) -> None:
    def with_p(one: Comparison, of_macro_f1: float) -> Comparison:
        if one.fold_tests is None:
            return one
        p = of_macro_f1 if one.endpoint == "internal.macro_f1" else 0.02
        tests = replace(one.fold_tests, corrected=replace(one.fold_tests.corrected, p=p))
        return replace(one, p_holm=0.014, fold_tests=tests)

    agreed, apart = (
        replace(board, comparisons=tuple(with_p(one, p) for one in board.comparisons)) for p in (0.03, 0.758)
    )
    assert not any("disagree" in note for note in by_name(agreed)["fold_tests"].notes)
    (said,) = [note for note in by_name(apart)["fold_tests"].notes if "disagree" in note]
    pair = " and ".join(name for name in (apart.comparisons[0].a, apart.comparisons[0].b))
    assert said.startswith(f"Two tests disagree on {pair} in macro F1 (Holm p .014, Nadeau–Bengio p .758): Holm p asks")
    assert "accuracy" not in said
    assert "other training sets of the same size" in said
    text = leaderboard_markdown(apart)
    assert said in text


def test_the_noise_floor_in_words_says_how_well_it_is_known(board: Leaderboard) -> None:
    notes = by_name(board)["noise_floor"].notes
    floor = board.noise_floor["weak"]["macro_f1"]
    expected = f"{100 * floor.floor_1:.1f} ({100 * floor.low:.1f}–{100 * floor.high:.1f}) points of macro F1"
    assert any(note.startswith("Two runs of weak that differ only in seed") and expected in note for note in notes)


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


def test_sample_gain_is_the_ratio_of_variances_in_the_table(board: Leaderboard) -> None:
    for line in lines(by_name(board)["sample_gain"]):
        components = board.sample_gains[line["backbone"]].components
        accuracy = next(row for row in board.rows if row.name == line["backbone"]).cells.internal["accuracy"].value
        one, now = (components.cluster + (components.seed + components.within) / n for n in (1, 5))
        assert line["gain"] == pytest.approx(one / now)
        assert line["effective_cases"] == pytest.approx(accuracy * (1 - accuracy) / now)
