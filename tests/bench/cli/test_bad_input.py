"""Wrong requests, help and tracebacks."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from processes import BENCH, SMALL, Bench
from trees import write_digit_tree

Refused = Callable[..., None]


class TestBadInput:
    """Each is one paragraph, ends with 2, and writes nothing to the results."""

    @pytest.fixture
    def refused(self, bench: Bench, tmp_path: Path) -> Refused:
        def check(message: str, *arguments: str | Path, results: Path = tmp_path / "results") -> None:
            existed = results.exists()
            done = bench("run", "--results", results, *arguments)
            assert done.returncode == 2, done.stdout + done.stderr
            assert message in " ".join(done.stderr.split())
            assert "Traceback" not in done.stderr
            assert results.exists() == existed

        return check

    def test_paths(self, refused: Refused, tmp_path: Path, digit_data: Path) -> None:
        refused("No such path", "--internal", tmp_path / "absent")
        refused("No such folder", "--data", tmp_path / "absent")
        (tmp_path / "empty").mkdir()
        refused("No image found", "--internal", tmp_path / "empty")
        refused("Only one class", "--internal", write_digit_tree(tmp_path / "one", [3], 5))
        refused(
            "cannot be written to", "--data", digit_data, *SMALL, "--weights", "random", results=Path("/proc/results")
        )

    def test_images(self, refused: Refused, tmp_path: Path, bench: Bench) -> None:
        tree = write_digit_tree(tmp_path / "tree", [0, 1], 12)
        whole = next((tree / "0").glob("*.png"))
        (tree / "0" / "cut.png").write_bytes(whole.read_bytes()[:60])
        refused("cut.png", "--internal", tree)
        results = tmp_path / "skipped"
        options = ["--epochs", "1", "--seeds", "1", "--skip-unreadable", "--results", str(results)]
        done = bench("run", "--internal", tree, *SMALL, *options)
        assert done.returncode == 0, done.stderr
        assert "internal/0/cut.png" in (results / "tables" / "unreadable.csv").read_text()
        assert len(pd.read_parquet(results / "cases.parquet")) == 24

    def test_classes(self, refused: Refused, tmp_path: Path, digit_data: Path) -> None:
        refused("fewer than the 31 folds", "--data", digit_data, "--folds", "31")
        outside = write_digit_tree(tmp_path / "outside", [7], 3)
        inside = digit_data / "internal"
        refused('"7" = "0"', "--internal", inside, "--external", f"bern={outside}")

    def test_backbones_and_values(self, refused: Refused, digit_data: Path) -> None:
        refused("Nearest names: resnet34", "--data", digit_data, "--backbone", "resnet43")
        refused("precision", "--data", digit_data, "--precision", "int8")
        refused("is not available on this machine", "--data", digit_data, "--device", "mps")
        refused("must be auto, every, last, or a number", "--data", digit_data, "--monitor", "0")
        refused("takes stages:N", "--data", digit_data, "--freeze", "layer3")
        refused("stages:3 or fewer", "--data", digit_data, *SMALL, "--freeze", "stages:4")
        refused("would stay random", "--data", digit_data, *SMALL, "--freeze", "stages:3")
        refused("No such weights", "--data", digit_data, "--weights", "absent.safetensors", "--image-size", "32")

    def test_results_of_other_data_and_folds(
        self, refused: Refused, finished: Path, digit_data: Path, tmp_path: Path
    ) -> None:
        before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
        other = write_digit_tree(tmp_path / "other", [0, 1, 4], 20)
        refused("made from other data", "--internal", other, *SMALL, results=finished)
        refused(
            "was made with 2 folds, asked for now: 3 folds",
            "--data",
            digit_data,
            *SMALL,
            "--folds",
            "3",
            results=finished,
        )
        assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_help_and_version(bench: Bench) -> None:
    shown = bench("--help")
    assert shown.returncode == 0
    assert "never for diagnosis" in shown.stdout
    assert bench("--version").stdout.startswith("gapbench ")
    assert bench("run", "--no-such-option").returncode == 2


def test_tracebacks_only_with_debug_wherever_it_stands(bench: Bench, tmp_path: Path) -> None:
    plain = bench("run", "--internal", tmp_path / "absent")
    assert (plain.returncode, plain.stderr.count("\n")) == (2, 1)
    for arguments in (["--debug", "run"], ["run", "--debug"]):
        shown = bench(*arguments, "--internal", tmp_path / "absent")
        assert "Traceback" in shown.stderr
        assert "No such path" in shown.stderr


def test_help_imports_nothing_heavy(bench_environment: dict[str, str]) -> None:
    code = (
        "import sys, bench.cli; print([m for m in ('torch', 'timm', 'pandas', 'sklearn', 'scipy') if m in sys.modules])"
    )
    shown = subprocess.run([BENCH[0], "-c", code], env=bench_environment, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


HEAVY = ("torch", "timm", "pandas", "pyarrow", "sklearn", "scipy", "optuna")
FIRST_WORD = f"""
import io, sys

class Watched(io.StringIO):
    def write(self, text):
        sys.__stderr__.write(repr([name for name in {HEAVY} if name in sys.modules]))
        sys.__stderr__.flush()
        import os
        os._exit(0)
    def isatty(self):
        return True

sys.stdout = sys.stderr = Watched()
from bench.cli import main
main()
"""


@pytest.mark.parametrize(
    "command",
    [
        *("run", "search", "nondeterminism", "explain", "report", "status", "import x.csv", "dashboard"),
        *("data audit .", "data show .", "data clean .", "nondeterminism --compare a b"),
    ],
)
def test_the_first_word_comes_before_heavy_libraries(
    command: str, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    """At a terminal everybody is told at once that the command has begun."""
    environment = {**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    code = [sys.executable, "-c", FIRST_WORD, *command.split()]
    done = subprocess.run(code, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "[]"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--backbone", "resnet43"], "Nearest names: resnet34"),
        (["--weights", "absent.safetensors"], "No such weights"),
        (["--device", "mps"], "is not available on this machine"),
        (["--backbone", "xcit_nano_12_p16_224", "--image-size", "50", "--weights", "random"], "50 px"),
        (["--results", "file/results"], "is a file"),
    ],
)
@pytest.mark.parametrize("command", ["run", "search", "nondeterminism"])
def test_what_needs_no_image_is_refused_before_images_are_read(
    bench: Bench, tmp_path: Path, command: str, wrong: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of images is not there at all, and nobody comes to see it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    done = bench(command, "--internal", "absent", "--image-size", "32", *wrong)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "No such path" not in done.stderr


def test_other_folds_are_refused_before_images_are_read(bench: Bench, finished: Path) -> None:
    done = bench("run", "--internal", "absent", *SMALL, "--folds", "3", "--results", finished)
    assert done.returncode == 2
    assert "was made with 2 folds, asked for now: 3 folds" in done.stderr
