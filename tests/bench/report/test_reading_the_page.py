"""The page as somebody reads it: the first screen, what is folded, contents, a phone, paper, no JavaScript, files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import browser_page
from PIL import Image
from stored_studies import write_study

from bench.cache import Caches
from bench.features import features_of
from bench.report.compiled import compile_results
from bench.report.page import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, cache_root: Path) -> Path:
    """The page of two backbones at an internal and an external site, of six classes."""
    root = tmp_path_factory.mktemp("read")
    classes = ("epidural", "intracerebral", "normal", "others", "subarachnoid", "subdural")
    folder = write_study(root / "results", classes=classes, images=root / "images", seeds=3)
    with folder.locked():
        return write_page(folder, compile_results(folder), features_of(folder.root), Caches(cache_root)).page


@pytest.fixture(scope="module")
def page(written: Path) -> "Iterator[Page]":
    with browser_page() as opened:
        opened.goto(written.as_uri())
        opened.wait_for_function("document.body.dataset.ready === 'yes'")
        yield opened


def height(page: "Page") -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def test_the_first_screen_has_the_answer_and_its_picture(page: "Page") -> None:
    page.set_viewport_size(WIDE)
    picture = page.locator("#figure-overview").bounding_box()
    words = page.locator("#answer dl").bounding_box()
    assert picture is not None
    assert words is not None
    assert max(picture["y"] + picture["height"], words["y"] + words["height"]) < 900
    answers = page.locator("#answer dd").all_inner_texts()
    assert re.search(r"right in \d+ of 100 cases \(\d+ to \d+\) here; resnet34 in \d+\.", answers[0])
    assert re.search(r"At bern it was right in \d+ of 100 cases", answers[2])


def test_it_is_short_until_something_is_opened(page: "Page") -> None:
    page.set_viewport_size(WIDE)
    assert height(page) <= 5000
    assert page.locator("details[open]").count() == 0
    assert page.locator("[data-table=leaderboard]").is_visible()
    assert page.locator("[data-table=metrics]").is_hidden()
    page.set_viewport_size(PHONE)
    assert height(page) <= 8000
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_folds_open_by_enter_and_what_has_the_focus_is_seen(page: "Page") -> None:
    page.set_viewport_size(WIDE)
    fold = page.locator("details:has([data-table=metrics])")
    fold.locator("summary").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (page.evaluate("document.activeElement.tagName"), outline) == ("SUMMARY", "solid")
    page.keyboard.press("Enter")
    assert page.locator("[data-table=metrics]").is_visible()
    page.keyboard.press("Enter")
    assert page.locator("[data-table=metrics]").is_hidden()


def test_the_first_tab_skips_to_the_answer(written: Path, page: "Page") -> None:
    page.goto(written.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    assert page.locator(".skip").bounding_box()["x"] >= 0


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_contents_follow_and_mark_what_is_read(page: "Page", size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    marked = page.locator(".contents a[aria-current]")
    page.wait_for_function("document.querySelector('.contents [aria-current]').hash === '#answer'")
    page.evaluate("document.getElementById('confusion').scrollIntoView({ behavior: 'instant' })")
    page.wait_for_function("document.querySelector('.contents [aria-current]').hash === '#confusion'")
    assert marked.count() == 1
    box = marked.bounding_box()
    assert 0 <= box["x"] < size["width"]
    assert 0 <= box["y"] < size["height"]
    page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    page.wait_for_function("document.querySelector('.contents [aria-current]').hash === '#limits'")


def test_intervals_fill_their_cells_under_a_labelled_scale(page: "Page") -> None:
    page.set_viewport_size(WIDE)
    table = page.locator("[data-table=leaderboard]")
    cell, axis = table.locator("tbody td.cell").first, table.locator(".axis").first
    drawn, head = cell.locator("svg").bounding_box(), axis.bounding_box()
    assert drawn["width"] == pytest.approx(cell.bounding_box()["width"] - 16, abs=1)  # without its padding
    assert (drawn["x"], drawn["width"]) == pytest.approx((head["x"], head["width"]), abs=1)
    numbers = [float(text) for text in axis.locator("text").all_text_contents()]
    assert len(numbers) >= 2
    assert numbers[0] <= float(cell.inner_text().split(" ")[0]) <= numbers[-1]


def test_tables_on_a_phone_are_cards(page: "Page") -> None:
    page.set_viewport_size(PHONE)
    row = page.locator("[data-table=leaderboard] tbody tr").first
    fields = [field for field in row.locator("th, td").all() if field.is_visible()]
    left = {round(field.bounding_box()["x"]) for field in fields}
    assert len(left) <= 2
    assert fields[0].evaluate("one => getComputedStyle(one, '::before').content") == '"Rank: "'
    assert row.locator("th").bounding_box()["y"] < fields[0].bounding_box()["y"]
    scroll = page.locator("[data-table=leaderboard] .scroll")
    assert scroll.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_figures_are_saved_from_the_file(page: "Page", written: Path, tmp_path: Path) -> None:
    page.set_viewport_size(WIDE)
    for kind in ("svg", "png"):
        with page.expect_download() as download:
            page.locator("#figure-overview .save button", has_text=kind.upper()).click()
        assert download.value.suggested_filename == f"overview.{kind}"
        download.value.save_as(tmp_path / f"overview.{kind}")
    svg = (tmp_path / "overview.svg").read_text()
    assert svg.startswith("<svg")
    assert "resnet18" in svg
    with Image.open(tmp_path / "overview.png") as saved, Image.open(written.parent / "figures/overview.png") as file:
        assert saved.size == file.size
        assert len(saved.convert("RGB").getcolors(1_000_000) or ()) > 10


def test_without_javascript_everything_can_be_read(page: "Page", written: Path) -> None:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False, viewport=WIDE) as context:
        plain = context.new_page()
        plain.goto(written.as_uri())
        assert plain.locator("#figure-overview svg").last.is_visible()
        assert plain.locator("table.matrix").first.is_visible()
        plain.locator("summary", has_text="Internal, external and gap").click()
        assert plain.locator("[data-table=metrics]").is_visible()
        assert [link.get_attribute("href") for link in plain.locator(".contents a").all()][:2] == [
            "#answer",
            "#leaderboard",
        ]
        assert plain.locator("noscript").count() == 1


def test_paper_has_all_that_is_folded_and_nothing_to_press(page: "Page") -> None:
    page.emulate_media(media="print")
    shown = "all => all.every(one => one.checkVisibility({ contentVisibilityAuto: true }) && one.offsetHeight > 0)"
    assert page.locator("tbody tr").evaluate_all(shown)
    assert page.locator(".gallery img").evaluate_all(shown)
    for controls in (".contents", ".save", ".tools", ".skip"):
        assert page.locator(controls).evaluate_all("all => all.every(one => !one.checkVisibility())"), controls
    assert page.locator("thead").first.evaluate("one => getComputedStyle(one).display") == "table-header-group"
    page.emulate_media(media="screen")


def test_printed_it_is_some_pages_and_folds_are_shut_again(page: "Page") -> None:
    printed = page.pdf(format="A4")
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 30
    assert page.locator("details[open]").count() == 0


def test_confusions_say_per_cent_and_counts(page: "Page") -> None:
    field = page.locator("table.matrix tbody button").first.inner_text()
    assert re.fullmatch(r"\d+ %\n[\d.]+", field)


def test_images_of_both_sites_are_asked_for_beside_each_other(page: "Page") -> None:
    titles = page.locator("#samples h3").all_inner_texts()
    assert titles == ["internal"]  # those of bern are nowhere
    assert page.locator("#samples img").count() == 6


def test_no_matrix_of_pairs_of_two_and_endpoints_in_words(page: "Page") -> None:
    assert page.locator("#comparisons figure").count() == 0
    said = page.locator("[data-table=comparisons] tbody").evaluate("one => one.textContent")
    assert "Macro F1 at bern" in said
    assert "external.bern" not in said


def test_learning_curves_say_whether_they_still_rise(page: "Page") -> None:
    assert "rising at the last epoch" in page.locator("#learning p").first.inner_text()
