"""Another version of the program goes on with a folder as it is."""

import shutil
import subprocess
import sys
from pathlib import Path

from processes import SMALL

LATER = "import bench.version; bench.version.__version__ = '9.9.9'; from bench.cli.app import main; main()"


def test_a_later_version_finds_every_run_stored_and_changes_none(
    finished: Path, digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    results = Path(shutil.copytree(finished, tmp_path / "results"))
    experiment, place = results / "experiment.toml", f'results = "{finished}"'
    asked = experiment.read_text()
    before = {path: path.read_bytes() for path in results.glob("runs/*/*")}
    assert place in asked
    command = ["run", "--data", str(digit_data), *SMALL, "--seeds", "2", "--results", str(results)]
    later = [sys.executable, "-c", LATER, *command]
    done = subprocess.run(later, env=bench_environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing to train" in done.stdout
    assert {path: path.read_bytes() for path in results.glob("runs/*/*")} == before
    assert experiment.read_text() == asked.replace(place, f'results = "{results}"')
    assert len(list(results.glob("runs/*"))) == 4
    shown = subprocess.run(
        [sys.executable, "-c", LATER, "--version"], env=bench_environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "gapbench 9.9.9\n"
