"""A finished search on a few real digits, whose external images nobody could read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from searches import QUICK, SPACE, Searched
from trees import write_digit_tree

WATCHED = """
import json, sys
opened = []
def note(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and arguments:
        opened.append(str(arguments[0]))
sys.addaudithook(note)
from bench.cli import main
log = sys.argv.pop(1)
try:
    main()
finally:
    with open(log, "w") as file:
        json.dump(opened, file)
"""


@pytest.fixture(scope="session")
def search_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """internal/ with three classes of 12 real digits; external/ with files that are no images."""
    root = tmp_path_factory.mktemp("search")
    write_digit_tree(root / "internal", [0, 1, 4], 12)
    for digit in "014":
        folder = root / "external" / digit
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(b"no image")
        (folder / "0.png").chmod(0)
    (root / "space.toml").write_text(SPACE)
    return root


@pytest.fixture(scope="session")
def searched(
    search_data: Path, tmp_path_factory: pytest.TempPathFactory, bench_environment: dict[str, str]
) -> Searched:
    folder = tmp_path_factory.mktemp("searched")
    log, results = folder / "opened.json", folder / "results"
    command = ["search", "--data", search_data, *QUICK, "--config", search_data / "space.toml", "--trials", "4"]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, log, *map(str, [*command, "--pruner", "none", "--results", results])],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Searched(search_data, search_data / "space.toml", results, done.stdout, json.loads(log.read_text()))
