"""The page of a results folder, opened in a browser."""

import json
import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from browser import browser_page
from PIL import Image
from stored_studies import write_study

from bench.audit.findings import Finding, FoundCase
from bench.audit.markdown import MEANINGS
from bench.audit.summary import Audit
from bench.cache import Caches
from bench.data.cases import Source
from bench.data.pixels import build_cache
from bench.explain.stored import GalleryPicture, write_explanations
from bench.features import features_of
from bench.report.compiled import compile_results
from bench.report.files import drawings
from bench.report.page import page_of, write_page
from bench.report.thumbnails import thumbnails
from bench.search.record import RecordedStage, RecordedTrial, SearchRecord, write_record
from bench.store.folder import ResultsFolder
from reports.page.draw_page import page_html
from reports.page.part import Gallery
from reports.tables.table import Column, Table

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLASSES = ("<b>zero</b>", "one & 'only'", "</script><script>alert(1)</script>")
BACKBONES = ("resnet18", "net<img src=x onerror=alert(2)>")
SITE = "<i>bern</i>"
NAMES = "<img src=x onerror=alert(3)>{}.png"
NONE = pd.DataFrame({"case_id": ["x"]})
BLANK = Finding("blank", "sd 0", (FoundCase("internal/0", "/i/0", None, "internal", "a", None, "d"),), ())
SECTIONS = [
    *(
        "leaderboard",
        "external",
        "gap",
        "samples",
        "classes",
        "confusion",
        "comparisons",
        "seeds",
        "learning",
        "calibration",
    ),
    *("noise", "labels", "data", "reproduce", "limits"),
]

FAINT = """() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return [...numbers.slice(0, 3).map((one) => one * scale), numbers[3] ?? 1];
  };
  const luminance = (colour) => colour.slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script, noscript, title, [hidden], .skip")) continue;
    const inChart = element.closest("svg");
    if (inChart && element.closest(".mark-text:not([class*=role-axis], [class*=role-legend])")) continue;
    const style = getComputedStyle(element);
    const both = [parse(inChart ? style.fill : style.color), ground(element)].map(luminance);
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (contrast < 4.5) found.add(`${text.slice(0, 30)}: ${contrast.toFixed(2)} ${style.color} ${style.fill}`);
  }
  return [...found];
}"""
"""Texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3 AA), but labels inside of charts."""


def page_text(folder: ResultsFolder, caches: Caches) -> str:
    """report.html as written."""
    with folder.locked():
        write_page(folder, compile_results(folder), features_of(folder.root), caches)
    return (folder.root / "report.html").read_text()


@pytest.fixture(scope="session")
def page_caches(cache_root: Path) -> Caches:
    """For the whole session, since the scripts of a page take seconds to make."""
    return Caches(cache_root)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, page_caches: Caches) -> Path:
    """A written page of a study whose every name is HTML."""
    root = tmp_path_factory.mktemp("hostile")
    names = {"classes": CLASSES, "backbones": BACKBONES, "site": SITE, "names": NAMES}
    folder = write_study(root / "results", images=root / "images", **names)
    page_text(folder, page_caches)
    return folder.root


@pytest.fixture(scope="module")
def opened(hostile: Path) -> "Iterator[tuple[Page, list[str]]]":
    """The page with its charts drawn, and everything that it asked for or complained of."""
    with browser_page() as page:
        heard = listened(page)
        show(page, hostile / "report.html")
        yield page, heard


def listened(page: "Page") -> list[str]:
    """What the page asks for or complains of from now on."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("dialog", lambda dialog: heard.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: heard.append(f"request: {request.url[:200]}"))
    return heard


def show(page: "Page", file: Path) -> None:
    page.goto(file.as_uri())
    page.wait_for_function("document.body.dataset.ready === 'yes'")


def unfold(page: "Page", selector: str) -> None:
    """Open what it is folded in."""
    page.locator(f"details:has({selector})").evaluate_all("all => all.forEach(one => (one.open = true))")


def visible_rows(page: "Page", table: str) -> list[list[str]]:
    """The texts of the rows that are shown."""
    rows = page.locator(f"[data-table={table}] tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all() if row.is_visible()]


def test_it_asks_for_nothing_and_complains_of_nothing(hostile: Path, opened: "tuple[Page, list[str]]") -> None:
    page, heard = opened
    assert [line for line in heard if not line.startswith(("request: file://", "request: data:"))] == []
    assert [line for line in heard if "file://" in line] == [f"request: {(hostile / 'report.html').as_uri()}"]
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    charts = page.locator(".chart")
    assert 2 * charts.count() == page.locator(".chart svg").count() == 2 * len(list(hostile.glob("figures/*.svg")))
    assert all(name for name in charts.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))"))


def test_sections_stand_in_reading_order_below_the_answer(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    assert page.locator("main > section").evaluate_all("all => all.map(one => one.id)") == ["answer", *SECTIONS]
    assert page.locator("#answer dt").all_inner_texts() == [
        *("Which backbone?", "How sure is that?", "How much is lost elsewhere?", "How much is only noise?")
    ]
    assert page.locator("#answer .exact p").count() == 3
    assert page.locator("h1").bounding_box()["y"] < page.locator("#answer").bounding_box()["y"] < 700


def test_names_that_contain_html_come_out_as_texts(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    text = page.locator("body").evaluate("all => all.textContent")
    for name in (*CLASSES, *BACKBONES, SITE, NAMES.format("0000")):
        assert name in text, name
    assert page.locator("main b, main i, main img[src=x]").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator("svg :is(script, style, a, image, use, foreignObject)").count() == 0


def test_a_table_is_sorted_by_mouse_and_by_keyboard(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    heads = page.locator("[data-table=classes] thead th")
    unfold(page, "[data-table=classes]")
    internal = next(head for head in heads.all() if head.inner_text().startswith("Internal"))
    internal.locator("button").click()
    assert internal.get_attribute("aria-sort") == "descending"
    values = [float(row[2].split(" ")[0]) for row in visible_rows(page, "classes")]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 1
    page.keyboard.press("Enter")
    assert internal.get_attribute("aria-sort") == "ascending"
    assert [float(row[2].split(" ")[0]) for row in visible_rows(page, "classes")] == sorted(values)


def test_a_table_is_filtered_and_unfolded(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    assert [row[0] for row in visible_rows(page, "leaderboard")] == ["1", "1", "–"]  # two backbones, and guessing
    assert page.locator("[data-table=leaderboard] input").count() == 0  # three rows
    unfold(page, "[data-table=metrics]")
    everything = visible_rows(page, "metrics")
    page.locator("[data-table=metrics] input[type=search]").fill("RESNET18 f1")
    assert visible_rows(page, "metrics") == [row for row in everything if row[:2] == ["resnet18", "Macro F1"]] != []
    page.locator("[data-table=metrics] input[type=search]").fill("")
    assert visible_rows(page, "metrics") == everything


def test_a_cell_of_a_confusion_matrix_opens_its_cases(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    matrices = page.locator("table.matrix")
    assert matrices.count() == 4
    mistaken = matrices.nth(0).locator("tbody tr").nth(0).locator("button").nth(1)
    mistaken.focus()
    page.keyboard.press("Enter")
    panel = page.locator(".confusions").nth(0).locator(".cases")
    assert panel.locator("h3").inner_text() == f"internal: {CLASSES[0]} predicted as {CLASSES[1]}"
    first = panel.locator("tbody tr").nth(0)
    assert first.locator("th").inner_text() == f"internal/{NAMES.format('0000')}"
    assert first.locator("td img").evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") == 64
    assert first.locator("td").nth(1).inner_text() == "100 %"
    assert mistaken.get_attribute("aria-pressed") == "true"
    assert page.locator(".confusions").nth(1).get_attribute("data-backbone") == BACKBONES[1]
    page.keyboard.press("Enter")
    assert panel.is_hidden()


def test_the_worklist_shows_the_images(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    unfold(page, "#labels img")
    images = page.locator("#labels img")
    assert images.count() >= 1
    assert images.evaluate_all("all => all.every(one => one.complete && one.naturalWidth === 128)")


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen_and_texts_have_contrast(
    opened: "tuple[Page, list[str]]", width: int, scheme: str
) -> None:
    page, _ = opened
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    faint = page.evaluate(FAINT)
    assert faint == []


def test_print_shows_every_row(opened: "tuple[Page, list[str]]") -> None:
    page, _ = opened
    page.emulate_media(media="print")
    assert page.locator("[data-table=metrics] tbody tr").evaluate_all("all => all.every(row => row.offsetHeight > 0)")
    assert page.locator("nav").is_hidden()
    page.emulate_media(media="screen")


def test_a_study_of_one_backbone_one_seed_and_no_site(tmp_path: Path, page_caches: Caches) -> None:
    folder = write_study(tmp_path / "results", backbones=("only",), seeds=1, site=None)
    text = page_text(folder, page_caches)
    assert "only was tested alone" in text
    assert "No external site was tested" in text
    identities = re.findall(r'<section id="([\w-]+)"', text)
    assert identities == [
        "answer",
        *(one for one in SECTIONS if one not in ("external", "gap", "samples", "comparisons", "noise")),
    ]
    assert "no image" in text  # the files of the worklist do not exist


def test_forty_backbones(tmp_path: Path, page_caches: Caches) -> None:
    names = [f"net{number:02d}" for number in range(40)]
    folder = write_study(tmp_path / "results", backbones=names, seeds=1, site=None, each=8)
    compiled = compile_results(folder)
    page = page_of(folder, compiled, features_of(folder.root), page_caches)
    assert len(page_html(page, drawings(page.charts))) < 7_000_000
    assert (
        "Charts are of the first 4 of 40 backbones." in next(s for s in page.sections if s.identity == "classes").intro
    )
    assert {chart.name for chart in page.charts} >= {"classes-4", "calibration-4", "comparisons"}
    assert "classes-5" not in {chart.name for chart in page.charts}


def test_a_hundred_classes(tmp_path: Path, page_caches: Caches, opened: "tuple[Page, list[str]]") -> None:
    classes = [f"class {number:03d}" for number in range(100)]
    folder = write_study(tmp_path / "results", classes=classes, seeds=1, each=4)
    text = page_text(folder, page_caches)
    assert len(text) < 8_000_000
    browser = opened[0].context.browser
    assert browser is not None
    with browser.new_page() as page:
        heard = listened(page)
        show(page, folder.root / "report.html")
        assert page.locator("table.matrix").count() == 0
        confusions = page.locator("table.listed").nth(0)
        assert re.match(r"internal: the \d+ most frequent confusions", confusions.locator("caption").inner_text())
        confusions.locator("button").nth(0).click()
        opened_cases = page.locator(".cases").nth(0).locator("h3")
        assert re.fullmatch(r"internal: class \d+ predicted as class \d+", opened_cases.inner_text())
        page.set_viewport_size({"width": 390, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert [line for line in heard if not line.startswith(("request: file://", "request: data:"))] == []


def test_figures_of_an_earlier_page_go_and_others_stay(hostile: Path, page_caches: Caches) -> None:
    old, other = hostile / "figures" / "classes-9.svg", hostile / "figures" / "search-x.png"
    for file in (old, other):
        file.touch()
    page_text(ResultsFolder(hostile), page_caches)
    assert not old.exists()
    assert other.exists()
    svg = (hostile / "figures/external-macro-f1.svg").read_text()
    (millimetres,) = (int(width) / 96 * 25.4 for width in re.findall(r'^<svg [^>]*\bwidth="(\d+)"', svg))
    assert millimetres == pytest.approx(90, abs=0.5), "a column of a journal"
    assert (hostile / "figures/external-macro-f1.png").read_bytes().startswith(b"\x89PNG")


def test_audits_searches_and_explanations_are_on_the_page(hostile: Path, page_caches: Caches, tmp_path: Path) -> None:
    folder = ResultsFolder(shutil.copytree(hostile, tmp_path / "results"))
    compiled = compile_results(folder)
    trials = [
        RecordedTrial(
            number=n, state="complete", value=v, params={"lr": 10.0**-n}, steps={}, attributes={}, seconds=1.0
        )
        for n, v in enumerate((0.5, 0.7, *(0.6,) * 18), start=2)
    ]
    stage = RecordedStage(study="s<i>", trials=trials, best=3, importance={"lr": 1.0})
    record = SearchRecord(
        **{"name": "s", "backbone": "net", "weights": "random", "metric": "macro_f1", "direction": "maximize"},
        **{"nested": False, "sampler": "tpe", "pruner": "none", "storage": "-", "recipe": "r", "stages": [stage]},
        space={"lr": {"low": 1e-5, "high": 1e-1, "log": True}},
    )
    audit = Audit(roots={"internal": "/i"}, images=3, files=3, classes={}, distributions={}, findings=(BLANK,))
    (folder.root / "audit").mkdir()
    (folder.root / "audit/audit.json").write_text(json.dumps(audit.to_dict()))
    write_record(folder.root, record)
    sheet = GalleryPicture("net", "<b>", Image.new("RGB", (2400, 600)))
    with folder.locked():
        write_explanations(
            folder, [Table("explanation_sanity", "S", (Column("a", "A"),), (("x",),))], NONE, [sheet], {}
        )
    sections = {
        section.identity: section
        for section in page_of(folder, compiled, features_of(folder.root), page_caches).sections
    }
    history, importance = sections["search"].charts
    best = history.spec["datasets"][history.spec["layer"][0]["data"]["name"]]
    assert [(one["trial"], one["score"]) for one in best][:3] == [(2, 0.5), (3, 0.7), (4, 0.7)]
    assert importance.alt == "Share of the variance of the score by parameter: lr 1.00."
    tables = {part.name: part for part in sections["data"].parts if isinstance(part, Table)}
    assert tables["audit_findings"].rows == (("blank", 1, MEANINGS["blank"]),)
    assert tables["cases"].rows[0] == (CLASSES[0], 20, 20)
    explained = sections["explain"].parts
    assert [part.name for part in explained if isinstance(part, Table)] == ["explanation_sanity"]
    (gallery,) = (part for part in explained if isinstance(part, Gallery))
    assert gallery.pictures[0].caption == ("net, <b>",)
    assert Image.open(BytesIO(gallery.pictures[0].images[0].data)).size == (1200, 300)
    (folder.root / "audit/audit.json").write_text("{")
    damaged = {
        section.identity: section
        for section in page_of(folder, compiled, features_of(folder.root), page_caches).sections
    }["data"]
    assert damaged.intro == ("audit/audit.json is damaged or of another version, so its findings are not shown.",)
    assert len(damaged.parts) == 1


def test_thumbnails_are_of_the_content_that_was_trained_on(tmp_path: Path, caches: Caches) -> None:
    folder = write_study(tmp_path / "results", images=tmp_path / "images", site=None, each=3)
    first, second, *_ = cases = folder.cases() or []
    experiment = folder.experiment()
    assert experiment is not None
    image, other = thumbnails([first, second], cases, experiment, caches)
    assert image is not None
    assert other is not None
    shown = np.asarray(Image.open(BytesIO(image.data)).convert("L"), dtype=float)
    with Image.open(first.path) as file:
        expected = np.asarray(file.resize((128, 128), Image.Resampling.BILINEAR), dtype=float)
    assert np.abs(shown - expected).mean() < 5
    sources = {case.digest: Source(Path(case.path)) for case in cases}
    originals = Path(first.path).read_bytes()
    Path(first.path).write_bytes(Path(second.path).read_bytes())
    assert thumbnails([first], cases, experiment, caches) == [None]
    Path(first.path).write_bytes(originals)
    build_cache(caches.pixels, sources, experiment.pixels)
    Path(first.path).unlink()
    (kept,) = thumbnails([first], cases, experiment, caches)
    assert kept is not None
    cached = np.asarray(Image.open(BytesIO(kept.data)).convert("L"), dtype=float)
    assert np.abs(cached - expected).mean() < 10
