"""Tables as HTML: every text escaped, sortable by number, intervals drawn."""

from html.parser import HTMLParser

from reports.draw import html_table as draw_html
from reports.draw.html_table import table_html
from reports.draw.intervals_html import scales_of
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table, Term

COLUMNS = (
    Column("rank", "Rank", "number"),
    Column("backbone", "<b>Backbone</b>"),
    Column("metric", "Metric"),
    Column("internal", "Internal", "cell"),
    Column("gap", "Gap", "cell"),
    Column("p", "p", "p"),
    Column("stamps", "Stamps", shown="never"),
)
ROWS = (
    (1, "a<script>", Term("f1", "F1"), Cell(0.6, 0.4, 0.8, few_clusters=True), Cell(-0.1, -0.3, 0.1), 0.0321, "x"),
    (2, 'b"', None, Cell(0.5, reason="few & <rare>"), None, None, "y"),
)
TABLE = Table("t", "Differences <i>", COLUMNS, ROWS, ("Note <u>.",))


class Elements(HTMLParser):
    """Start tags with attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_texts_come_out_as_texts() -> None:
    page = Elements(table_html(TABLE))
    assert {"a<script>", "<b>Backbone</b>", "Differences <i>", "Note <u>.", "[1] few & <rare>."} <= set(page.text)
    assert not {"b", "script", "i", "u", "rare"} & {tag for tag, _ in page.found}
    assert page.of("sup") == [{"title": "few & <rare>"}]
    assert any(line.startswith("† few clusters") for line in page.text)
    assert "Stamps" not in page.text


def test_fields_are_sorted_by_numbers_and_rows_begin_with_their_name() -> None:
    page = Elements(table_html(TABLE))
    keys = [attributes["data-sort"] for tag, attributes in page.found if "data-sort" in attributes]
    assert keys == ["1", "a<script>", "F1", "0.6", "-0.1", "0.0321", "2", 'b"', "", "0.5", "", ""]
    heads = [attributes for attributes in page.of("th") if attributes.get("scope") == "row"]
    assert [attributes["data-sort"] for attributes in heads] == ["a<script>", 'b"']
    assert len(page.of("button")) == 6


def test_an_interval_is_drawn_to_the_scale_of_its_column() -> None:
    page = Elements(table_html(TABLE))
    first, gap, second = page.of("circle")
    # values from 0.4 to 0.8 over 94 % of the cell after 3 %; gaps from −0.3 to 0.1
    assert (first["cx"], gap["cx"], second["cx"]) == ("50.0%", "50.0%", "26.5%")
    lines = [(line["x1"], line["x2"]) for line in page.of("line") if line["y1"] == "6"]
    assert lines == [("3.0%", "97.0%")] * 2
    (zero,) = (line for line in page.of("line") if line.get("class") == "zero")
    assert zero["x1"] == "73.5%"
    assert page.text[page.text.index("Internal") + 1 :][:3] == ["0.4", "0.6", "0.8"]
    assert page.text[page.text.index("Gap") + 1 :][:2] == ["−0.3", "0.1"]


def test_differences_have_a_scale_of_their_own_and_all_other_columns_share_one() -> None:
    cells = (Column("internal_a", "A", "cell"), Column("external", "B", "cell"), Column("gap", "Gap", "cell"))
    table = Table("t", "T", cells, ((Cell(0.9, 0.8, 1.0), Cell(0.5, 0.4, 0.6), Cell(0.02, 0.01, 0.04)),))
    one, other, gap = scales_of(table)
    assert one == other
    assert (one.low, one.high) == (0.4, 1.0)
    assert (gap.low, gap.high) == (0.0, 0.04)


def test_each_field_says_of_which_column_it_is() -> None:
    page = Elements(table_html(TABLE))
    labels = [attributes["data-label"] for tag, attributes in page.found if "data-label" in attributes]
    assert labels == ["Rank", "<b>Backbone</b>", "Metric", "Internal", "Gap", "p"] * 2


def test_long_tables_are_cut_and_say_where_the_rest_is(monkeypatch: object) -> None:
    monkeypatch.setattr(draw_html, "MOST_ROWS", 1)
    page = Elements(table_html(TABLE))
    assert len(page.of("tr")) == 2
    assert "1 more rows are in tables/t.csv (bench report --format csv)." in page.text
