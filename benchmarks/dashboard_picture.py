"""A picture of `bench dashboard` on a finished search, by headless Chromium. Needs playwright and a Chromium.

python benchmarks/dashboard_picture.py RESULTS docs/dashboard.png
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BENCH = [sys.executable, "-c", "from bench.cli import main; main()"]
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync",),
]
LOADED = 'document.querySelectorAll(".js-plotly-plot .main-svg").length'


def take_picture(results: Path, picture: Path) -> None:
    """The page of the first study, when its charts are drawn."""
    server = subprocess.Popen([*BENCH, "dashboard", str(results)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(found[1] for line in server.stdout if (found := re.match(r"Dashboard: (\S+)", line)))
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 1500})
            page.goto(f"{address}studies/1")
            page.wait_for_function(f"{LOADED} >= 6", timeout=60_000)
            page.wait_for_timeout(2000)  # charts grow into their places
            page.screenshot(path=picture)
            browser.close()
    finally:
        server.terminate()  # interrupts are ignored in background jobs of shells
        server.wait(timeout=20)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
