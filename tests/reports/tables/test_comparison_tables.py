"""What the tables of differences say."""

from dataclasses import replace

import pytest
from tables_read import by_name, lines

from reports import Leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.statistics.cell import Cell
from reports.statistics.comparison import Comparison
from reports.tables.comparison_tables import turned


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
