"""A headless Chromium that talks to nobody but the page under test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trees import missing

if TYPE_CHECKING:
    from playwright.sync_api import Page


@contextmanager
def browser_page() -> Iterator["Page"]:
    """A page with a fresh profile; skips where Chromium or playwright is missing."""
    if shutil.which("chromium") is None:
        missing("Chromium is not installed (apt-get install chromium)")
    try:
        from benchmarks.browser import chromium
    except ImportError:
        missing("playwright is not installed (pip install playwright)")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 2400})
        page.set_default_timeout(300_000)  # a machine may be busy
        yield page
