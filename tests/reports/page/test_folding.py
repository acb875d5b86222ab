"""What is seen of a section at once, and what is folded under which title."""

from collections.abc import Sequence

import pytest

from reports.page.confused_cases import Confusions
from reports.page.folding import MOST_PICTURES, blocks
from reports.page.part import Chart, Gallery, Listing, Part, Picture, Points, Section
from reports.tables.table import Column, Table


def chart(name: str, folded: str = "") -> Chart:
    return Chart(name, name, "alt", {}, folded=folded)


def table(name: str) -> Table:
    return Table(name, name.title(), (Column("a", "A"),), (("x",),))


def folds(*parts: Part) -> Sequence[tuple[str, int]]:
    return [(block.folded, len(block.parts)) for block in blocks(Section("data", "Data", (), parts))]


def test_tables_are_folded_under_their_titles_but_the_leaderboard() -> None:
    assert folds(table("leaderboard"), table("runs"), table("more")) == [
        ("", 1),
        ("Table: Runs (1 row)", 1),
        ("Table: More (1 row)", 1),
    ]


def test_charts_of_one_fold_stand_together_and_keep_their_place() -> None:
    parts = (chart("a"), chart("b", "Charts"), chart("c", "Charts"), table("t"), Points(("x",)))
    assert folds(*parts) == [("", 1), ("Charts", 2), ("Table: T (1 row)", 1), ("", 1)]


@pytest.mark.parametrize("number", [MOST_PICTURES, MOST_PICTURES + 1])
def test_a_gallery_shows_a_row(number: int) -> None:
    gallery = Gallery("Cases", (Picture((), ("x",)),) * number)
    expected = [("", 1)] if number == MOST_PICTURES else [("", 1), ("1 more pictures", 1)]
    assert folds(gallery) == expected
    assert (
        sum(len(part.pictures) for block in blocks(Section("data", "", (), (gallery,))) for part in block.parts)
        == number
    )


def test_long_texts_are_folded_and_short_ones_are_not() -> None:
    assert folds(Listing("Command", "bench run")) == [("", 1)]
    assert folds(Listing("File", "line\n" * 10)) == [("File", 1)]


def test_confusions_of_the_first_backbone_are_shown() -> None:
    assert folds(Confusions(("a",), (), {"first": (), "second": ()})) == [("", 1), ("Confusions of second", 1)]
