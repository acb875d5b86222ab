"""The page of small studies as a browser shows it, and how large and quick one of many runs is.

    python benchmarks/report_page.py demo-results report-example

Writes the page of what `make demo` left and that of a small study of digits, which it trains in the second folder, and
puts pictures of them into docs/. Then writes 500 simulated runs, and prints how long their page takes, its size, and
how long Chromium draws. Needs playwright and a Chromium.
"""

import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from machine import processor
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from simulated_runs import CLASSES, Size, write_runs

BENCH = [sys.executable, "-c", "from bench.cli import main; main()"]
DOCS = Path(__file__).resolve().parent.parent / "docs"
DIGITS = [
    *("--image-size", "32", "--folds", "2", "--seeds", "3", "--epochs", "2"),
    *("--backbone", "resnet18", "--backbone", "test_resnet"),
]
WIDE, PHONE = (1400, 1750), (390, 1750)
SIZE, MEGABYTES = Size(backbones=10, seeds=10, folds=5, internal=2500, external=1000), 8.0
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync",),
]


def main() -> None:
    demo, examples = map(Path, sys.argv[1:])
    train_digits(examples)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for results, name, scheme in ((demo, "phantom", "light"), (examples / "digits", "digits", "dark")):
            bench("report", str(results), "--format", "html")
            take_pictures(browser, results / "report.html", DOCS / f"report-{name}", scheme)
        write_runs(Path(folder), SIZE)
        bench("report", folder, "--format", "json")
        started = time.perf_counter()
        bench("report", folder, "--format", "html")
        written = time.perf_counter() - started
        page = Path(folder) / "report.html"
        drawn = seconds_to_draw(browser, page)
        megabytes = page.stat().st_size / 1e6
        figures = len(list(page.parent.glob("figures/*.svg")))
        browser.close()
    said = "kept" if megabytes <= MEGABYTES else "missed"
    names = ("altair", "vl-convert-python")
    print(f"machine   {processor()}")
    print(f"versions  Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}")
    print(f"data      {SIZE.backbones} backbones x {SIZE.seeds} seeds x {SIZE.folds} folds = {SIZE.runs} runs;")
    print(f"          {SIZE.internal:,} internal and {SIZE.external:,} external cases, {len(CLASSES)} classes")
    print(f"report.html               {megabytes:6.1f} MB, limit {MEGABYTES:g} MB: {said}")
    print(f"page and {figures} charts twice  {written:6.1f} s, with the leaderboard compiled again for it")
    print(f"drawn by Chromium in      {drawn:6.1f} s")


def train_digits(examples: Path) -> None:
    images = examples / "digit-images"
    if not images.exists():
        bench("data", "digits", "--out", str(images))
    bench("run", "--data", str(images), *DIGITS, "--workers", "1", "--results", str(examples / "digits"))


def bench(*arguments: str) -> None:
    subprocess.run([*BENCH, *arguments], check=True, stdout=subprocess.DEVNULL)


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


def seconds_to_draw(browser: Browser, page_file: Path) -> float:
    page = browser.new_page()
    started = time.perf_counter()
    show(page, page_file)
    return time.perf_counter() - started


def show(page: Page, page_file: Path) -> None:
    page.goto(page_file.resolve().as_uri())
    page.wait_for_function("document.body.dataset.drawn === 'yes'", timeout=300_000)


if __name__ == "__main__":
    main()
