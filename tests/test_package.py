"""What is built to be installed holds all that is needed, and works where nothing of the repository is."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from trees import missing

from bench.version import __version__
from supply.requirements import ROOT, asked_for

PACKAGES = ("bench", "backbones", "studies", "reports")
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
"""What conda-forge calls packages otherwise than PyPI."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    try:
        import build  # noqa: F401
        import hatchling  # noqa: F401
    except ModuleNotFoundError as error:
        missing(f"{error.name} is not installed")
    copy, out = tmp_path_factory.mktemp("source") / "gapbench", tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, copy, ignore=_of_no_release)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, and the packages that are installed here to stand on; not the repository."""
    root = tmp_path_factory.mktemp("fresh")
    venv.create(root, with_pip=False, symlinks=os.name != "nt")
    (wheel,) = built.glob("*.whl")
    python = _script(root, "python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    done = subprocess.run(
        [*pip, "--no-deps", "--ignore-installed", str(wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (site,) = root.glob("lib/python*/site-packages")
    (site / "installed-here.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # whose own .pth files are not read
    return root


def _of_no_release(folder: str, names: list[str]) -> list[str]:
    """What lies in a working copy and in no clone: environments, results, what was built before."""
    own = {"results", "demo-results", "build", "dist"} if Path(folder) == ROOT else set()
    return [name for name in names if name in own or name == "__pycache__" or name.startswith(".")]


def _script(root: Path, name: str) -> Path:
    return root / ("Scripts" if os.name == "nt" else "bin") / name


def _call(root: Path, *arguments: str | Path, environment: Mapping[str, str], cwd: Path) -> str:
    """Output of the installed `bench`; nothing of the repository is on its path."""
    kept = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
    command = [str(_script(root, "bench")), *map(str, arguments)]
    done = subprocess.run(command, env=kept, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_and_sdist_hold_every_file_of_the_packages(built: Path) -> None:
    (wheel,) = built.glob("gapbench-*.whl")
    (sdist,) = built.glob("gapbench-*.tar.gz")
    assert __version__ in wheel.name
    ours = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }
    assert {Path(name).suffix for name in ours} >= {".html", ".css", ".js", ".json", ".typed"}
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        about = f"gapbench-{__version__}.dist-info"
        assert names - {name for name in names if name.startswith(about)} == ours
        assert "bench = bench.cli:start" in packed.read(f"{about}/entry_points.txt").decode()
        assert f"{about}/licenses/LICENSE" in names
    with tarfile.open(sdist) as unpacked:
        below = {name.partition("/")[2] for name in unpacked.getnames()}
    assert ours <= below
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "constraints.txt"} <= below


def test_an_installed_wheel_draws_a_page(
    installed: Path, finished: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    results = Path(shutil.copytree(finished, tmp_path / "results"))
    (results / "report.html").unlink(missing_ok=True)
    version = _call(installed, "--version", environment=bench_environment, cwd=tmp_path)
    assert version == f"gapbench {__version__}\n"
    assert "Cross-validate image classifiers" in _call(installed, "--help", environment=bench_environment, cwd=tmp_path)
    _call(installed, "report", results, environment=bench_environment, cwd=tmp_path)
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "test_resnet" in page
    assert "<style" in page
    place = [str(_script(installed, "python")), "-c", "import bench, reports; print(bench.__file__, reports.__file__)"]
    kept = {name: value for name, value in bench_environment.items() if not name.startswith("PYTHON")}
    done = subprocess.run(place, env=kept, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(str(installed) in file for file in done.stdout.split())


def test_the_conda_recipe_asks_for_what_pyproject_asks_for() -> None:
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    section = recipe.partition("  run:\n")[2].partition("\ntests:")[0]
    lines = [line.strip().removeprefix("- ") for line in section.splitlines() if line.strip().startswith("- ")]
    found = dict(line.partition(" ")[::2] for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"python": project["requires-python"]}
    for one in map(Requirement, asked_for()):
        name = canonicalize_name(one.name)
        wanted[CONDA_NAMES.get(name, name)] = str(one.specifier)
    assert {name: SpecifierSet(bounds) for name, bounds in found.items()} == {
        name: SpecifierSet(bounds) for name, bounds in wanted.items()
    }
    assert f'version: "{__version__}"' in recipe


def test_the_image_runs_without_network_and_not_as_root() -> None:
    """Read only: an image is built where a builder is."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    kinds = [kind for kind, _ in instructions]
    assert kinds.index("USER") < kinds.index("ENTRYPOINT")
    assert dict(instructions)["USER"] != "root"
    assert "HF_HUB_OFFLINE=1" in "\n".join(lines)
