"""Commands that have less than they are used to: descriptors, cores, shared memory, a home, a cache, memory, a clock.

`make torture` runs this. Starts and ends processes; mounts in a namespace of its own.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from memory_group import memory_group
from processes import BENCH, predictions
from resealed import reseal
from torture.jobs import SMALL
from trees import missing, write_digit_tree

ROOT = Path(__file__).parents[2]
SECONDS = 900


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class names outside ASCII."""
    root = tmp_path_factory.mktemp("resources") / "data"
    write_digit_tree(root / "internal", [0, 1, 4], 8)
    for folder, name in zip(sorted((root / "internal").iterdir()), ("кровь", "出血", "Ödem"), strict=True):
        folder.rename(folder.with_name(name))
    return root


@dataclass(frozen=True)
class Poor:
    """`bench` in a fresh process of the shell's, with less of something."""

    environment: dict[str, str]
    folder: Path
    data: Path

    def command(self, results: Path, *more: str) -> list[str]:
        options = [*SMALL, "--seeds", "1", "--epochs", "1", *more]
        return ["run", "--data", str(self.data), *options, "--results", str(results)]

    def __call__(
        self,
        arguments: Sequence[str],
        *,
        under: Sequence[str] = (),
        first: Callable[[], None] | None = None,
        without: Sequence[str] = (),
        **variables: str,
    ) -> "subprocess.CompletedProcess[str]":
        """`under`: what starts it; `first`: done in the child before; `without`: variables that are not set."""
        kept = {name: value for name, value in self.environment.items() if name not in without}
        done = subprocess.run(
            [*under, *BENCH, *arguments],
            env={**kept, "PYTHONPATH": str(ROOT), "GAPBENCH_CACHE": str(self.folder / "cache"), **variables},
            cwd=self.folder,
            preexec_fn=first,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=SECONDS,
        )
        assert "Traceback" not in done.stderr
        assert "Unforeseen" not in done.stderr
        return done


@pytest.fixture
def poor(bench_environment: dict[str, str], tmp_path: Path, data: Path) -> Poor:
    return Poor(bench_environment, tmp_path, data)


@pytest.fixture(scope="module")
def usual(bench_environment: dict[str, str], data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the run comes to with everything there."""
    folder = tmp_path_factory.mktemp("usual")
    poor = Poor(bench_environment, folder, data)
    done = poor(poor.command(folder / "r"))
    assert done.returncode == 0, done.stderr
    return folder / "r"


def is_as(done: "subprocess.CompletedProcess[str]", results: Path, usual: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert predictions(results) == predictions(usual)


def in_a_namespace(mount: str, why: str) -> list[str]:
    """What starts a command that alone sees something mounted; skips where that cannot be done."""
    under = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*under, "true"], capture_output=True, check=False).returncode:
        missing(f"{why} needs root and namespaces of mounts")
    return under


def test_256_file_descriptors(poor: Poor, usual: Path, tmp_path: Path) -> None:
    done = poor(
        poor.command(tmp_path / "r", "--workers", "2"),
        first=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
    )
    is_as(done, tmp_path / "r", usual)


def test_one_core(poor: Poor, usual: Path, tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    done = poor(poor.command(tmp_path / "r"), first=lambda: os.sched_setaffinity(0, {core}))
    is_as(done, tmp_path / "r", usual)


def test_no_shared_memory(poor: Poor, usual: Path, tmp_path: Path) -> None:
    """/dev/shm is there and cannot be written to, in a namespace of this command alone."""
    under = in_a_namespace("mount -t tmpfs -o ro,size=4k none /dev/shm", "to take /dev/shm away")
    done = poor(poor.command(tmp_path / "r", "--workers", "2"), under=under)
    is_as(done, tmp_path / "r", usual)


def test_no_home_and_a_number_that_no_user_has_say_what_to_set(poor: Poor, tmp_path: Path) -> None:
    """Python asks the system for the user where HOME is not set."""
    code = "import os; os.getuid = lambda: 54321; from bench.cli import start; start()"
    kept = {name: value for name, value in poor.environment.items() if name not in ("HOME", "GAPBENCH_CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", code, *poor.command(tmp_path / "r")],
        env={**kept, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 2, done.stderr
    assert "GAPBENCH_CACHE" in done.stderr
    assert "Unforeseen" not in done.stderr
    assert not (tmp_path / "~").exists()


def test_a_language_without_signs_of_others(poor: Poor, usual: Path, tmp_path: Path) -> None:
    done = poor(poor.command(tmp_path / "r"), LANG="C", LC_ALL="C")
    is_as(done, tmp_path / "r", usual)
    assert json.loads((tmp_path / "r/leaderboard.json").read_text(encoding="utf-8"))["classes"] == sorted(
        ("кровь", "出血", "Ödem")
    )


def test_names_are_read_wrongly_where_python_is_told_to(poor: Poor, tmp_path: Path) -> None:
    """The names are sound: so nobody is told to rename them."""
    told = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = poor(poor.command(tmp_path / "r"), **told)
    assert done.returncode == 2, done.stdout
    assert "PYTHONUTF8=1" in done.stderr
    assert "Rename" not in done.stderr


def test_a_worker_that_the_system_kills_for_memory_is_tried_again_alone(poor: Poor, tmp_path: Path) -> None:
    """Two at once need more than there is, one alone does not."""

    def command(results: Path, workers: int) -> list[str]:
        large = ["--backbone", "resnet18", "--image-size", "224", "--workers", str(workers)]
        return poor.command(results, *large)

    most = list[int]()
    for workers in (1, 2):
        with memory_group(f"gapbench-{os.getpid()}-{workers}") as group:
            done = poor(command(tmp_path / f"free{workers}", workers), under=group.under)
            assert done.returncode == 0, done.stderr
            most.append(group.most)
    assert most[1] > 1.2 * most[0]
    with memory_group(f"gapbench-{os.getpid()}-short", int(most[0] + 0.25 * (most[1] - most[0]))) as group:
        done = poor(command(tmp_path / "r", 2), under=group.under)
        assert group.killed > 0
    is_as(done, tmp_path / "r", tmp_path / "free1")
    assert "was killed by the system, since memory ran out" in done.stderr
    assert "tried again alone" in done.stderr


@pytest.fixture
def read_only(tmp_path: Path) -> list[str]:
    """What starts a command that finds `cache` read-only, also for root."""
    cache = tmp_path / "cache"
    cache.mkdir()
    mount = f"mount --bind '{cache}' '{cache}' && mount -o remount,bind,ro '{cache}'"
    return in_a_namespace(mount, "to have a cache that root cannot write to")


def test_a_cache_that_cannot_be_written_to_is_named(poor: Poor, read_only: list[str], tmp_path: Path) -> None:
    done = poor(poor.command(tmp_path / "r"), under=read_only)
    assert done.returncode in (1, 2), done.stdout
    assert str(tmp_path / "cache") in done.stderr
    assert "GAPBENCH_CACHE" in done.stderr


def test_a_full_cache_serves_although_it_cannot_be_written_to(
    poor: Poor, read_only: list[str], usual: Path, tmp_path: Path
) -> None:
    is_as(poor(poor.command(tmp_path / "first")), tmp_path / "first", usual)
    is_as(poor(poor.command(tmp_path / "r"), under=read_only), tmp_path / "r", usual)


def test_a_clock_that_goes_back(poor: Poor, usual: Path, tmp_path: Path) -> None:
    """Everything that a first call left is from tomorrow, when the second begins."""
    results = tmp_path / "r"
    is_as(poor(poor.command(results)), results, usual)
    shutil.rmtree(next(results.glob("runs/[0-9a-f]*")))
    tomorrow = (tmp_path.stat().st_mtime + 86_400,) * 2
    for file in (*results.rglob("*"), *(tmp_path / "cache").rglob("*")):
        os.utime(file, tomorrow)
    is_as(poor(poor.command(results)), results, usual)
    assert "done" in poor(["status", str(results)]).stdout


def test_a_folder_that_was_moved_with_its_data(poor: Poor, usual: Path, tmp_path: Path) -> None:
    there = tmp_path / "another disk"
    shutil.copytree(usual, there / "results")
    shutil.copytree(poor.data, there / "data")
    shutil.rmtree(next((there / "results").glob("runs/[0-9a-f]*")))
    moved = Poor(poor.environment, tmp_path, there / "data")
    is_as(moved(moved.command(there / "results")), there / "results", usual)
    assert poor(["report", str(there / "results"), "--format", "md"]).returncode == 0


def test_a_folder_that_was_moved_without_its_data(poor: Poor, usual: Path, tmp_path: Path) -> None:
    """What is stored is reported; what needs the images says where it looked for them."""
    results = shutil.copytree(usual, tmp_path / "results")
    away = poor.data.with_name("away")
    poor.data.rename(away)
    try:
        assert poor(["report", str(results)]).returncode == 0
        assert poor(["status", str(results), "--verify"]).returncode == 0
        explained = poor(["explain", str(results), "--number", "1"])
        assert explained.returncode == 2
        assert str(poor.data) in explained.stderr
    finally:
        away.rename(poor.data)


def test_a_folder_from_another_machine(poor: Poor, usual: Path, tmp_path: Path) -> None:
    """Its runs count as they are, and no digest depends on where they were made."""
    results = shutil.copytree(usual, tmp_path / "results")
    for run in results.glob("runs/[0-9a-f]*"):
        then = json.loads((run / "run.json").read_text(encoding="utf-8"))["environment"]
        reseal(run, environment={**then, "cpu": "Another processor", "platform": "Another system"})
    again = poor(poor.command(results))
    is_as(again, results, usual)
    assert "nothing to train" in again.stdout
    assert poor(["status", str(results), "--verify"]).returncode == 0
    assert poor(["verify", str(results)]).returncode == 0
