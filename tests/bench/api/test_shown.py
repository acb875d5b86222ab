"""What notebooks and papers are shown of results, by IPython's own formatter and in a real browser."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import browser_page
from PIL import Image
from trees import missing

import bench as package
from bench.api.shown import ShownTable
from bench.errors import RequestError
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table

try:
    from IPython.core.interactiveshell import InteractiveShell
except ImportError:
    InteractiveShell = None

HOSTILE = '<img src=x onerror="alert(1)">&amp;'


def shown_by_ipython(thing: object) -> dict[str, str]:
    """By media type, what a kernel would send."""
    if InteractiveShell is None:
        missing("IPython is not installed (pip install ipykernel)")
    found: dict[str, str] = InteractiveShell().display_formatter.format(thing)[0]
    return found


class Elements(HTMLParser):
    """Names of elements, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_results_show_their_leaderboard_in_a_notebook(finished: Path) -> None:
    results = package.Results(finished)
    found = shown_by_ipython(results)
    assert set(found) == {"text/html", "text/markdown", "text/plain"}
    page = Elements(found["text/html"])
    board = results.leaderboard().query("site == 'internal' and metric == 'accuracy'").iloc[0]
    texts = [text.replace("–", " ").split("(")[0].strip() for text in page.texts]
    assert "test_resnet" in texts
    assert f"{board['value']:.2f}" in texts
    assert {"table", "caption", "th", "td"} <= set(page.names)
    assert "script" not in page.names
    assert found["text/plain"] == results.to_markdown()
    assert results._repr_html_() == found["text/html"]


def test_tables_take_the_colours_around_them(finished: Path) -> None:
    html = shown_by_ipython(package.Results(finished).table())["text/html"]
    (style,) = re.findall("<style>(.*?)</style>", html)
    colours = {value.strip() for value in re.findall(r"(?:color|background|border[a-z-]*):([^;}]*)", style)}
    assert colours == {"inherit", "transparent", "collapse", "1px solid rgba(128,128,128,.4)"}
    assert "style=" not in html


def test_names_of_users_are_text() -> None:
    columns = (Column("backbone", HOSTILE), Column("value", "Value", "cell"))
    table = Table("t", HOSTILE, columns, ((HOSTILE, Cell(0.5, reason=HOSTILE)),), (HOSTILE,))
    page = Elements(shown_by_ipython(ShownTable(table))["text/html"])
    assert "img" not in page.names
    assert [text for text in page.texts if "<img" in text] == [
        *(HOSTILE, HOSTILE, HOSTILE),
        f"[1] {HOSTILE}.",
        HOSTILE,
    ]


def test_tables_for_papers_and_for_pandas(finished: Path) -> None:
    results = package.Results(finished)
    assert results.to_markdown().startswith("## Leaderboard\n\n|")
    latex = results.to_latex("classes")
    assert "\\toprule" in latex
    assert "test\\_resnet" in latex
    frame = results.table("metrics", ["accuracy"]).to_frame()
    assert set(frame["metric"]) == {"accuracy"}
    (value,) = results.leaderboard().query("site == 'internal' and metric == 'accuracy'")["value"]
    assert frame["internal_value"].tolist() == [value]
    with pytest.raises(RequestError, match=r"There is no table 'board' here\. Known: leaderboard, runs, metrics"):
        results.table("board")
    with pytest.raises(RequestError, match="The leaderboard has no metric auc2"):
        results.to_latex(metrics=["auc2"])


def test_a_figure_is_shown_and_saved(finished: Path, tmp_path: Path) -> None:
    figure = package.Results(finished).plot("accuracy")
    found = shown_by_ipython(figure)
    drawing = ElementTree.fromstring(found["image/svg+xml"])
    assert drawing.tag.endswith("}svg")
    assert "Accuracy" in "".join(drawing.itertext())
    for ending, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert figure.save(tmp_path / f"a.{ending}").read_bytes().startswith(start)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > 1000
    with pytest.raises(RequestError, match=r"saved as \.svg, \.png or \.pdf, not as 'a.gif'"):
        figure.save(tmp_path / "a.gif")
    with pytest.raises(RequestError, match=r"There is no metric 'auc2' here\. Known: accuracy"):
        package.Results(finished).plot("auc2")


def test_the_page_is_shown_in_a_frame_and_written(
    finished: Path, tmp_path: Path, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    results = package.Results(shutil.copytree(finished, tmp_path / "results"))
    page = results.page(height=900)
    assert not (results.path / "report.html").exists()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><body><p>before</p>{page._repr_html_()}</body>", encoding="utf-8")
    with browser_page() as tab:
        tab.goto(notebook.as_uri())
        frame = tab.frame_locator("iframe")
        frame.locator("h1").wait_for()
        assert frame.locator("h1").inner_text() == "Report on results"
        frame.locator("figure svg, figure canvas, figure img").first.wait_for()
        assert tab.locator("iframe").bounding_box()["height"] == 900
    written = results.report()
    assert written == results.path / "report.html"
    assert page.save(tmp_path / "page.html").read_text("utf-8") == written.read_text("utf-8")


def test_results_without_a_finished_run_say_so_where_they_would_show_one(finished: Path, tmp_path: Path) -> None:
    results = shutil.copytree(finished, tmp_path / "results")
    shutil.rmtree(results / "runs")
    found = shown_by_ipython(package.Results(results))
    assert list(found) == ["text/plain"]
    assert "there is nothing to rank yet" in found["text/plain"]
