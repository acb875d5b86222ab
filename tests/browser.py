"""A headless Chromium that talks to nobody but the page under test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trees import missing

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-extensions", "--no-first-run"),
]


@contextmanager
def browser_page() -> Iterator["Page"]:
    """A page with a fresh profile; skips where Chromium or playwright is missing."""
    program = shutil.which("chromium")
    if program is None:
        missing("Chromium is not installed (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed (pip install playwright)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 2400})
        finally:
            browser.close()
