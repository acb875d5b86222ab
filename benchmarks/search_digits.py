"""A nested search on real digits, from images to `bench report` and a picture of its dashboard.

    python -m benchmarks.search_digits FOLDER [--picture docs/dashboard.png]

Goes on from what is in the folder. The picture needs playwright and a Chromium.

20 images of each digit (UCI), ResNet-18 from random weights at 16 pixels: a small set on which the default recipe stops
too early. Three outer folds, and inside each a study of eight trials over three inner folds.
"""

import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.timing import BENCH, bench, options

EACH = 20
DRAWN = 'document.querySelectorAll(".js-plotly-plot .main-svg").length >= 6'
SPACE = """
[search]
trials = 8
nested = true
inner_folds = 3

[search.space]
lr = { low = 1e-4, high = 1e-2, log = true }
epochs = { low = 3, high = 12 }
"""


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    images, results = folder / "images", folder / "results"
    if not images.exists():
        write_images(folder / "digits", images)
    (folder / "search.toml").write_text(SPACE, encoding="utf-8")
    model = ("--backbone", "resnet18", "--weights", "random", "--image-size", "16", "--seeds", "1", "--folds", "3")
    bench("search", "--internal", images, *model, "--config", folder / "search.toml", "--results", results)
    bench("report", results, stdout=None)
    if asked.picture:
        take_picture(results, asked.picture)


def write_images(digits: Path, images: Path) -> None:
    """The first of each digit."""
    if not digits.exists():
        bench("data", "digits", "--out", digits)
    for source in sorted((digits / "internal").iterdir()):
        (images / source.name).mkdir(parents=True)
        for file in sorted(source.iterdir())[:EACH]:
            shutil.copy(file, images / source.name)


def take_picture(results: Path, picture: Path) -> None:
    """`bench dashboard` on the first study, when its charts are drawn."""
    from benchmarks.browser import chromium

    server = subprocess.Popen([*BENCH, "dashboard", str(results)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(found[1] for line in server.stdout if (found := re.match(r"Dashboard: (\S+)", line)))
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1500})
            page.goto(f"{address}studies/1")
            page.wait_for_function(DRAWN, timeout=60_000)
            page.wait_for_timeout(2000)  # charts grow into their places
            page.screenshot(path=picture)
    finally:
        server.terminate()  # interrupts are ignored in background jobs of shells
        server.wait(timeout=20)


if __name__ == "__main__":
    main()
