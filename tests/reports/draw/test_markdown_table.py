"""Tables in the look of the leaderboard."""

from reports.draw.markdown_table import table_markdown, tables_markdown
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table

COLUMNS = (Column("backbone", "Backbone"), Column("gap", "Minus *x*", "cell", 3), Column("p", "p", "p"))
ROWS = (
    ("a|b", Cell(-0.01, -0.05, 0.04, "jackknife-t", few_clusters=True), 0.0321),
    ("c", Cell(0.5, reason="few"), None),
)
TABLE = Table("t", "Differences from *x*", COLUMNS, ROWS, ("Not compared: <d>.", "All: *leak*."))


def test_a_table_with_title_footnotes_and_note() -> None:
    blocks = table_markdown(TABLE).split("\n\n")
    assert blocks[0] == r"## Differences from \*x\*"
    lines = [[part.strip() for part in line.replace(r"\|", "¦").split("|")[1:-1]] for line in blocks[1].split("\n")]
    assert lines[0] == ["Backbone", r"Minus \*x\*", "p"]
    assert lines[2:] == [["a¦b", "−0.010 (−0.050 to 0.040)†", ".032"], ["c", "0.500ᵃ", "–"]]
    assert blocks[2].startswith("† few clusters")
    assert blocks[2].endswith("ᵃ few.")
    assert blocks[3:] == ["Not compared: \\<d\\>.", "All: \\*leak\\*.\n"]


def test_columns_of_machines_are_not_drawn_and_marks_stand_under_their_title() -> None:
    columns = (
        *(Column("name", "Name", shown="never"), Column("backbone", "Backbone")),
        *(Column("near", "≈", "flag"), Column("mcnemar_p", "McNemar p", "p", shown="filled")),
        *(Column("parameters", "Parameters (M)", "number", 1, unit=1e6), Column("share", "%", "number", unit=0.01)),
    )
    rows = (("a (x)", "a", True, None, 21_300_000, 0.5), ("b", "b", False, None, None, None))
    lines = table_markdown(Table("t", "T", columns, rows)).split("\n")[2:]
    assert [[part.strip() for part in line.split("|")[1:-1]] for line in lines if line][::2] == [
        ["Backbone", "≈", "Parameters (M)", "%"],
        ["a", "≈", "21.3", "50.00"],
    ]
    assert [part.strip() for part in lines[3].split("|")[1:-1]] == ["b", "", "–", "–"]
    filled = Table("t", "T", columns, (("b", "b", None, 0.02, None, None),))
    assert "McNemar p" in table_markdown(filled)


def test_several_tables_stand_under_the_research_note() -> None:
    text = tables_markdown([TABLE, TABLE])
    assert text.startswith("Research use only, never for diagnosis.\n\n## Differences")
    assert text.count("## Differences") == 2
    assert text.count("ᵃ few.") == 2
