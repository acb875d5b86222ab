"""Tables in the look of the leaderboard."""

from reports.cell import Cell
from reports.draw_markdown import table_markdown, tables_markdown
from reports.table import Column, Table

COLUMNS = (Column("backbone", "Backbone"), Column("gap", "Minus *x*", "cell", 3), Column("p", "p", "p"))
ROWS = (
    ("a|b", Cell(-0.01, -0.05, 0.04, "jackknife-t", few_clusters=True), 0.0321),
    ("c", Cell(0.5, reason="few"), None),
)
TABLE = Table("t", "Differences from *x*", COLUMNS, ROWS, "Not compared: <d>.")


def test_a_table_with_title_footnotes_and_note() -> None:
    blocks = table_markdown(TABLE).split("\n\n")
    assert blocks[0] == r"## Differences from \*x\*"
    lines = [[part.strip() for part in line.replace(r"\|", "¦").split("|")[1:-1]] for line in blocks[1].split("\n")]
    assert lines[0] == ["Backbone", r"Minus \*x\*", "p"]
    assert lines[2:] == [["a¦b", "−0.010 (−0.050 to 0.040)†", ".032"], ["c", "0.500ᵃ", "–"]]
    assert blocks[2].startswith("† few clusters")
    assert blocks[2].endswith("ᵃ few.")
    assert blocks[3] == "Not compared: \\<d\\>.\n"


def test_several_tables_stand_under_the_research_note() -> None:
    text = tables_markdown([TABLE, TABLE])
    assert text.startswith("Research use only, never for diagnosis.\n\n## Differences")
    assert text.count("## Differences") == 2
    assert text.count("ᵃ few.") == 2
