"""The figures of docs/nondeterminism.md: control, components and numerics, on digits and on the phantom.

    python -m benchmarks.nondeterminism [--repeats 3] [--folder FOLDER] [--picture FILE]

Small on purpose: 32 px, two folds, two epochs, some 100 images of each set. Runs that FOLDER has are not repeated.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from bench.data.digits import write_digits
from bench.nondeterminism.report import nondeterminism_tables
from bench.phantom import write_phantom
from bench.store.folder import ResultsFolder
from benchmarks.timing import bench, options, processor
from reports.draw.markdown_table import table_markdown

EACH, EXTERNAL = 12, 8  # of each of ten digits
LITE = "tf_efficientnet_lite0"
SEEDS, NUMERICS = "init,order,split", "threads,layout"
SHOWN = ("control", "tooling", "spread", "components", "floor", "cost", "curves")
OPTIONS = ("--image-size", "32", "--folds", "2", "--epochs", "2", "--batch-size", "16", "--workers", "1")


def main() -> None:
    parser = options(__doc__, repeats=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "gapbench-nondeterminism")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    print(f"{processor()}; 2 folds, 2 epochs, 32 px.\n")
    studies = {
        "digits": (
            _digits(given.folder),
            {"resnet34": (f"none,{NUMERICS}", 5), LITE: (f"none,{SEEDS},{NUMERICS}", given.repeats)},
        ),
        "phantom": (_phantom(given.folder), {LITE: (SEEDS, given.repeats)}),
    }
    for name, (data, backbones) in studies.items():
        results = given.folder / f"results-{name}"
        for backbone, (sources, repeats) in backbones.items():
            varied = ("--vary", sources, "--repeats", str(repeats))
            where = ("--data", data, "--results", results)
            bench("nondeterminism", "--backbone", backbone, *varied, *OPTIONS, *where, stdout=sys.stderr)
        print(f"## On the {name}\n")
        for table in nondeterminism_tables(ResultsFolder(results)):
            if table.name.removeprefix("nondeterminism_") in SHOWN:
                print(table_markdown(table).replace("## ", "### ", 1))
        if given.picture and name == "digits":
            shutil.copy(results / "figures" / f"nondeterminism-{LITE}.png", given.picture)


def _digits(folder: Path) -> Path:
    """The first digits of each kind, of both sources."""
    whole, part = folder / "all-digits", folder / "digits"
    if not whole.exists():
        write_digits(whole)
    if not part.exists():
        for site, number in (("internal", EACH), ("external", EXTERNAL)):
            for kind in sorted((whole / site).iterdir()):
                chosen = part / site / kind.name
                chosen.mkdir(parents=True)
                for path in sorted(kind.iterdir())[:number]:
                    (chosen / path.name).write_bytes(path.read_bytes())
    return part


def _phantom(folder: Path) -> Path:
    data = folder / "phantom"
    if not data.exists():
        write_phantom(data, cases=60, external_cases=48, seed=0, on_done=lambda done, total: None)
    return data


if __name__ == "__main__":
    main()
