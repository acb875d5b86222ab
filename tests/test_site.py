"""The docs as a site: built strictly without a network, read from disk, searched in a real browser."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
from browser import browser_page
from markdown_it import MarkdownIt
from trees import missing

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
WRITTEN = [page for page in PAGES if "\n::: " not in page.read_text(encoding="utf-8")]
"""All but those that the site fills from the code."""
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
NO_RESOURCE = {"canonical", "prev", "next", "alternate", "author"}  # what a link names without loading it
BLOCKS = ("li", "table", "tr", "td", "pre", "blockquote", "h1", "h2", "h3", "h4", "code", "img", "a")


def build(config: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    """`mkdocs build --strict` with every way to other machines closed."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(site)]
    closed = {
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "no_sockets"), str(ROOT)]),
    }
    environment = {**os.environ, **closed, "SOCKETS_SEEN": str(site.with_suffix(".sockets"))}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        import material  # noqa: F401
    except ImportError:
        missing("MkDocs Material is not installed (pip install 'gapbench[docs]')")
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr
    return folder


class Loaded(HTMLParser):
    """What a browser loads by itself for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags[tag] += 1
        if tag in LOADS and (given.get("rel") or "") not in NO_RESOURCE:
            self.places.append(given.get(LOADS[tag]) or "")


def read(html: str) -> Loaded:
    parser = Loaded()
    parser.feed(html)
    return parser


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert {page.stem for page in PAGES} < {page.stem for page in pages}
    places = [place for page in pages for place in read(page.read_text(encoding="utf-8")).places]
    assert len(places) > 100
    assert [place for place in places if re.match(r"(\w+:)?//", place)] == []
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\"']*", styles) == []


def test_the_build_asks_nobody(site: Path) -> None:
    seen = site.with_suffix(".sockets").read_text(encoding="utf-8").splitlines()
    assert [line for line in seen if not line.startswith("process ")] == []


def test_a_search_from_disk_finds_the_page_and_only_files_are_read(site: Path) -> None:
    with browser_page() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site.as_uri()}/index.html")
        page.get_by_role("textbox", name="Search").click()
        page.keyboard.type("Schuirmann")
        found = page.locator(".md-search-result__link[href*='methods.html']").first
        found.wait_for(timeout=60_000)
        found.click()
        page.wait_for_url(re.compile(r"/methods\.html"))
        assert "Schuirmann" in page.locator("article").inner_text()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_pages_of_the_root_are_on_the_site_with_their_pictures_and_links(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for place in ("report-phantom.png", "tutorial.html", "changelog.html", "contributing.html"):
        assert f'"{place}"' in first
        assert (site / place).is_file()
    assert 'href="reliability.html#supply"' in (site / "contributing.html").read_text(encoding="utf-8")


def test_what_import_bench_gives_is_in_the_reference(site: Path) -> None:
    import bench

    page = (site / "python-reference.html").read_text(encoding="utf-8")
    for name in bench.__all__:
        if not name.startswith("_"):
            assert re.search(rf'id="bench\.(\w+\.)*{name}"', page), name
    assert "leaderboard" in page
    assert "image_size" in page


def test_the_notebook_is_a_page_with_what_it_gave(site: Path) -> None:
    page = (site / "notebook.html").read_text(encoding="utf-8")
    assert "Research use only" in page
    assert 'href="notebook.html"' in (site / "python.html").read_text(encoding="utf-8")
    assert 'id="output-' not in page


def test_an_output_of_the_notebook_is_shown_in_its_richest_form() -> None:
    from docs.site_notebook import as_html

    plain = {"text/plain": ["<Table>"]}
    assert as_html({"data": {**plain, "text/html": ["<table>", "</table>"]}}) == "<div><table></table></div>\n"
    assert as_html({"data": {**plain, "image/png": "QUJD\n"}}).startswith(
        '<img src="data:image/png;base64,QUJD" alt="&lt;T'
    )
    assert as_html({"data": plain}) == "<pre>&lt;Table&gt;</pre>\n"
    assert as_html({"output_type": "stream", "text": ["a < b\n"]}) == "<pre>a &lt; b\n</pre>\n"


def test_options_keep_their_bars_in_tables(site: Path) -> None:
    page = (site / "command-line.html").read_text(encoding="utf-8")
    assert "<code>auto|imagenet|random|PATH</code>" in page
    assert "\\|" not in page


def rendered(page: Path) -> Iterator[tuple[str, Counter[str]]]:
    """What a page is made of, as GitHub's Markdown has it, and as the site's."""
    from mkdocs.config import load_config

    config = load_config(str(ROOT / "mkdocs.yml"))
    text = page.read_text(encoding="utf-8")
    here = markdown.Markdown(extensions=config["markdown_extensions"], extension_configs=config["mdx_configs"])
    for where, html in (("repository", MarkdownIt().enable("table").render(text)), ("site", here.convert(text))):
        yield where, read(html).tags


@pytest.mark.parametrize("page", [*WRITTEN, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.stem)
def test_a_page_is_made_of_the_same_on_the_site_as_in_the_repository(page: Path) -> None:
    (_, repository), (_, site) = rendered(page)
    headings = sum(repository[f"h{level}"] for level in range(1, 7))
    assert {tag: site[tag] for tag in BLOCKS if tag != "a"} == {tag: repository[tag] for tag in BLOCKS if tag != "a"}
    assert site["a"] - headings == repository["a"]  # each heading has a link to itself


def test_a_dead_link_a_dead_heading_and_a_page_without_its_place_end_the_build(tmp_path: Path, site: Path) -> None:
    (tmp_path / "docs/assets").mkdir(parents=True)
    (tmp_path / "docs/index.md").write_text("# A\n\n[to nowhere](b.md), [to no heading](index.md#what)\n")
    (tmp_path / "docs/lost.md").write_text("# Lost\n")
    config = tmp_path / "mkdocs.yml"
    config.write_text(f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: []\nnav:\n  - index.md\n")
    done = build(config, tmp_path / "site")
    assert done.returncode == 1
    assert "'b.md', but the target is not found" in done.stderr
    assert "'index.md#what', but there is no such anchor on this page" in done.stderr
    assert "lost.md" in done.stderr
