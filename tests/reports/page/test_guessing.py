"""Where the page shows what guessing would reach."""

from collections.abc import Callable

import numpy as np
import pytest

from reports import Leaderboard, build_leaderboard
from reports.draw.html_table import table_html
from reports.page.estimates import internal_against_external, of_guessing
from reports.page.standings import page_standings
from reports.statistics.metrics import METRICS
from reports.tables.caveats import NEAR_GUESSING
from reports.tables.row_tables import GUESSING


@pytest.fixture
def board(make_study: Callable, guessing: Callable) -> Leaderboard:
    study = make_study(external={"London": 60, "Oslo": 40})
    keep = ~((study.table["site"] == "Oslo") & (study.table["label"] == "other"))
    study.table = study.table[keep].reset_index(drop=True)
    entries = [guessing(study.entry("weak"), study.classes), study.entry("strong", 0.8)]
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)


def test_the_last_row_of_the_standings_is_guessing_at_every_site(board: Leaderboard) -> None:
    table = page_standings(board)
    last, titles = table.rows[-1], [column.title for column in table.columns]
    by_title = dict(zip(titles, last, strict=True))
    assert by_title["Backbone"] == GUESSING
    assert by_title["Rank"] is None
    for title, side in (("Internal macro F1", "internal"), ("Macro F1, London", "London"), ("Macro F1, Oslo", "Oslo")):
        assert by_title[title].value == board.chance[side]["macro_f1"]
        assert by_title[title].low is None
    assert by_title["Gap to London"] is None
    assert f"weak: {NEAR_GUESSING.text}." in table.notes
    assert not any(note.startswith(f"strong: {NEAR_GUESSING.text}") for note in table.notes)


def test_drawings_in_its_cells_have_a_dashed_line_where_guessing_is(board: Leaderboard) -> None:
    table = page_standings(board)
    html = str(table_html(table))
    assert html.count('class="reference"') == 3 * len(table.rows)
    assert "The dashed line in a drawing is what guessing would reach there." in html


def test_charts_have_a_labelled_line_for_each_value_that_guessing_reaches(board: Leaderboard) -> None:
    lines = of_guessing(board, METRICS["macro_f1"])
    assert [line.label for line in lines] == ["guessing 0.25, internal and London", "guessing 0.29, Oslo"]
    assert {round(line.value, 4) for line in lines} == {
        round(board.chance[side]["macro_f1"], 4) for side in ("internal", "Oslo")
    }
    spec = internal_against_external(board, METRICS["macro_f1"]).spec
    drawn = [layer["mark"]["type"] for layer in spec["layer"]]
    assert drawn[:3] == ["rule", "text", "text"]
    text = str(spec)
    assert all(line.label in text for line in lines)


def test_one_value_on_all_sides_needs_no_names(make_study: Callable) -> None:
    study = make_study()
    board = build_leaderboard(
        [study.entry("net")], study.cases, study.classes, rng=np.random.default_rng(0), resamples=50
    )
    assert [line.label for line in of_guessing(board, METRICS["accuracy"])] == ["guessing 0.25"]
