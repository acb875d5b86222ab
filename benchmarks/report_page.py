"""The page of small studies as a browser shows it, and how large and quick one of many runs is.

    python -m benchmarks.report_page demo-results report-example

Writes the page of what `make demo` left and that of a small study of digits, which it trains in the second folder, and
puts pictures of them into docs/. Then writes 500 simulated runs, and prints how long their page takes, its size, and
how long Chromium draws. Needs playwright and a Chromium.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.browser import chromium
from benchmarks.simulated_runs import CLASSES, Size, write_runs
from benchmarks.timing import bench, machine, seconds, versions

DOCS = Path(__file__).resolve().parent.parent / "docs"
DIGITS = [
    *("--image-size", "32", "--folds", "2", "--seeds", "3", "--epochs", "2"),
    *("--backbone", "resnet18", "--backbone", "test_resnet"),
]
WIDE, PHONE = (1400, 1750), (390, 1750)
SIZE, MEGABYTES = Size(backbones=10, seeds=10, folds=5, internal=2500, external=1000), 8.0


def main() -> None:
    demo, examples = map(Path, sys.argv[1:])
    print(f"machine   {machine()}")
    print(f"versions  {versions('altair', 'vl-convert-python')}")
    train_digits(examples)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for results, name, scheme in ((demo, "phantom", "light"), (examples / "digits", "digits", "dark")):
            bench("report", results, "--format", "html")
            take_pictures(browser, results / "report.html", DOCS / f"report-{name}", scheme)
        write_runs(Path(folder), SIZE)
        bench("report", folder, "--format", "json")
        written = seconds(lambda: bench("report", folder, "--format", "html"))
        page = Path(folder, "report.html")
        drawn = seconds(lambda: show(browser.new_page(), page))
        megabytes = page.stat().st_size / 1e6
        figures = len(list(page.parent.glob("figures/*.svg")))
    said = "kept" if megabytes <= MEGABYTES else "missed"
    print(f"data      {SIZE.backbones} backbones x {SIZE.seeds} seeds x {SIZE.folds} folds = {SIZE.runs} runs;")
    print(f"          {SIZE.internal:,} internal and {SIZE.external:,} external cases, {len(CLASSES)} classes")
    print(f"report.html               {megabytes:6.1f} MB, limit {MEGABYTES:g} MB: {said}")
    print(f"page and {figures} charts twice  {written:6.1f} s, with the leaderboard compiled again for it")
    print(f"drawn by Chromium in      {drawn:6.1f} s")


def train_digits(examples: Path) -> None:
    images = examples / "digit-images"
    if not images.exists():
        bench("data", "digits", "--out", images)
    bench("run", "--data", images, *DIGITS, "--workers", "1", "--results", examples / "digits")


def take_pictures(browser: Browser, page_file: Path, name: Path, scheme: str) -> None:
    """The upper end of the page on a wide screen and on a phone, in 64 colours."""
    for ending, (width, height) in {"": WIDE, "-phone": PHONE}.items():
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        show(page, page_file)
        file = name.with_name(f"{name.name}{ending}.png")
        page.screenshot(path=file)
        page.close()
        with Image.open(file) as taken:
            taken.convert("RGB").quantize(64).save(file, optimize=True)


def show(page: Page, page_file: Path) -> None:
    page.goto(page_file.resolve().as_uri())
    page.wait_for_function("document.body.dataset.ready === 'yes'", timeout=300_000)


if __name__ == "__main__":
    main()
