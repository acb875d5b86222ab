"""A reader is a module and a line: a real run reads by it, and the options know its name."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
from processes import SMALL
from trees import write_digit_tree

FLAT = '''
"""A layout that somebody adds: all images of a site in one folder, each called CLASS--NUMBER.png."""

from bench.data.cases import FoundImage


def read(path, site, options):
    return [
        FoundImage(f"{site}/{file.name}", str(file), file.name.partition("--")[0], site)
        for file in sorted(path.glob("*--*.png"))
    ]
'''

WITH_IT = """
import sys
import bench.data.options as options

options.READERS["flat"] = "flat"
options.READER_NAMES = (*options.READER_NAMES, "flat")  # as the line in that file would make it
from bench.config.experiment import Experiment
from bench.option import declared

assert "flat" in next(one.choices for one in declared(Experiment) if one.name == "reader")
from bench.cli import main

sys.argv[0] = "bench"
main()
"""


def test_a_reader_is_a_module_and_a_line(bench_environment: dict[str, str], cache_root: Path, tmp_path: Path) -> None:
    write_digit_tree(tmp_path / "tree", [0, 1], 12)
    site = tmp_path / "site"
    site.mkdir()
    for number, file in enumerate(sorted((tmp_path / "tree").rglob("*.png"))):
        file.rename(site / f"{file.parent.name}--{number}.png")
    (tmp_path / "flat.py").write_text(FLAT, encoding="utf-8")
    command = [
        *(sys.executable, "-c", WITH_IT, "run", "--internal", site, "--reader", "flat", *SMALL),
        *("--seeds", "1", "--epochs", "1", "--results", tmp_path / "results"),
    ]
    environment = {**bench_environment, "PYTHONPATH": f"{tmp_path}:{bench_environment.get('PYTHONPATH', '')}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    cases = pd.read_parquet(tmp_path / "results" / "cases.parquet")
    assert sorted(cases["label"].value_counts().items()) == [("0", 12), ("1", 12)]
    assert set(cases["case_id"]) == {f"internal/{file.name}" for file in site.iterdir()}
