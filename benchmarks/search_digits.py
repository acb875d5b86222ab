"""A nested search on real digits, from images to `bench report` and a picture of its dashboard.

python benchmarks/search_digits.py FOLDER      # about a quarter of an hour on two cores; goes on from what is there
python benchmarks/search_digits.py FOLDER --picture docs/dashboard.png

20 images of each digit (UCI), ResNet-18 from random weights at 16 pixels: a small set on which the default recipe stops
too early. Three outer folds, and inside each a study of eight trials over three inner folds.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = [sys.executable, "-c", "from bench.cli import main; main()"]
EACH = 20
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
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--picture", type=Path)
    asked = arguments.parse_args()
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    images, results = folder / "images", folder / "results"
    if not images.exists():
        write_images(folder / "digits", images)
    (folder / "search.toml").write_text(SPACE, encoding="utf-8")
    options = ["--internal", images, "--backbone", "resnet18", "--weights", "random", "--image-size", "16"]
    options += ["--seeds", "1", "--folds", "3", "--config", folder / "search.toml", "--results", results]
    bench("search", *options)
    bench("report", results)
    if asked.picture:
        from dashboard_picture import take_picture

        take_picture(results, asked.picture)


def write_images(digits: Path, images: Path) -> None:
    """The first of each digit."""
    if not digits.exists():
        bench("data", "digits", "--out", digits)
    for source in sorted((digits / "internal").iterdir()):
        (images / source.name).mkdir(parents=True)
        for file in sorted(source.iterdir())[:EACH]:
            shutil.copy(file, images / source.name)


def bench(*arguments: str | Path) -> None:
    subprocess.run([*BENCH, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
