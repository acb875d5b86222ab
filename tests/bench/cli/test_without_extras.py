"""What an installation without extras does, and the line that it says where one is needed."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from processes import SMALL
from scans import write_dicom, write_nifti

from bench.extras import EXTRA_OF
from supply.requirements import ALL, DEVELOPERS, asked_for, extras

Slim = Callable[..., "subprocess.CompletedProcess[str]"]
SLIM = Path(__file__).resolve().parents[2] / "slim_install.py"
OLD_NAMES = {"lite0"}


@pytest.fixture
def slim(bench_environment: dict[str, str]) -> Slim:
    """`bench` without extras, in a process of its own."""

    def call(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(SLIM), *map(str, arguments)]
        return subprocess.run(command, env=bench_environment, capture_output=True, text=True, check=False)

    return call


def test_a_plain_run_needs_no_extra(slim: Slim, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    done = slim("run", "--data", digit_data, *SMALL, "--epochs", "1", "--seeds", "1", "--results", results)
    assert done.returncode == 0, done.stderr
    assert (results / "leaderboard.md").is_file()
    shown = slim("report", results)
    assert shown.returncode == 0, shown.stderr
    assert "test_resnet" in shown.stdout
    assert "report.html was not written. The page needs an extra package: pip install 'gapbench[page]'." in shown.stderr
    tables = slim("report", results, "--format", "tables")
    assert tables.returncode == 0, tables.stderr


def test_a_search_needs_no_extra(slim: Slim, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    small = ["--image-size", "32", "--folds", "2", "--batch-size", "16", "--backbone", "test_resnet", "--workers", "1"]
    done = slim("search", "--data", digit_data, *small, "--trials", "2", "--epochs", "1", "--results", results)
    assert done.returncode == 0, done.stderr
    assert (results / "study.db").is_file()


def test_each_missing_extra_says_the_line_to_type(slim: Slim, finished: Path, digit_data: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(finished, tmp_path / "results"))
    pictures = tmp_path / "volumes"
    write_nifti(pictures / "nifti/a/1.nii", np.zeros((8, 8, 2), np.int16))
    write_dicom(pictures / "dicom/a/1.dcm", np.zeros((8, 8), np.int16))
    small = ["--backbone", "test_resnet", "--image-size", "32", "--workers", "1", "--trials", "2"]
    search = ["--data", digit_data, *small, "--results", tmp_path / "other"]
    for extra, *arguments in (
        ("page", "report", results, "--format", "html"),
        ("page", "report", results, "--open"),
        ("dashboard", "dashboard", results),
        ("explain", "explain", results),
        ("dicom", "data", "audit", pictures / "dicom", "--out", tmp_path / "audit"),
        ("nifti", "data", "audit", pictures / "nifti", "--out", tmp_path / "audit"),
        ("fetch", "data", "fetch", "hematoma", "--out", tmp_path / "fetched"),
        ("digits", "data", "digits", "--out", tmp_path / "digits"),
        ("ray", "run", "--data", digit_data, "--executor", "ray", "--results", tmp_path / "other"),
        ("slurm", "run", "--data", digit_data, "--executor", "slurm", "--results", tmp_path / "other"),
        ("postgres", "search", *search, "--storage", "postgresql://nobody@127.0.0.1:1/none"),
    ):
        done = slim(*arguments)
        line = f"pip install 'gapbench[{extra}]'"
        assert done.returncode == 2, (arguments, done.stdout, done.stderr)
        assert line in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr


def test_every_extra_of_a_user_is_part_of_all() -> None:
    of_all = set(asked_for(ALL))
    for extra in extras():
        assert set(asked_for(extra)) <= of_all, f"add gapbench[{extra}] to the extra all, or {extra} to DEVELOPERS"
    assert of_all == {one for extra in set(extras()) - OLD_NAMES for one in asked_for(extra)}
    assert not {*DEVELOPERS} & {*extras()}


def test_every_package_of_an_extra_is_known_by_the_module_it_brings() -> None:
    modules = {canonicalize_name(name): module for module, names in packages_distributions().items() for name in names}
    needed = {extra: [Requirement(one).name for one in asked_for(extra)] for extra in extras()}
    for extra in set(EXTRA_OF.values()):
        brought = {modules[canonicalize_name(name)] for name in needed[extra] if canonicalize_name(name) in modules}
        known = {module for module, of in EXTRA_OF.items() if of == extra}
        assert known & {module.partition(".")[0] for module in brought}, (extra, brought)


def test_nothing_of_an_extra_is_asked_for_by_default() -> None:
    always = {canonicalize_name(Requirement(one).name) for one in asked_for()}
    for extra in extras():
        assert not always & {canonicalize_name(Requirement(one).name) for one in asked_for(extra)}
