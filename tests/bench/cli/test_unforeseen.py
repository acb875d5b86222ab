"""What goes wrong without a command having words for it is a paragraph all the same."""

import errno
import json
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from pydantic import BaseModel
from safetensors import SafetensorError
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from backbones.names import UnknownBackboneError
from bench.cli.app import app
from bench.cli.paragraphs import paragraph
from bench.errors import BenchError
from studies.errors import StudyError


def raised(error: type[BaseModel]) -> Exception:
    try:
        error.model_validate({"a": "b"})
    except ValueError as fault:
        return fault
    raise AssertionError


class Whole(BaseModel):
    a: int


ERRORS: list[tuple[Exception, int, str]] = [
    (MemoryError(), 1, "Memory ran out"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), 1, "--batch-size"),
    (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), 1, "Memory ran out"),
    (RuntimeError("CUDA error: device-side assert triggered"), 1, "--device cpu"),
    (BrokenProcessPool("terminated abruptly"), 1, "--workers"),
    (ModuleNotFoundError("No module named 'pydicom'"), 1, "pip install"),
    (ImportError("cannot import name 'x'"), 1, "pip install"),
    (pa.ArrowInvalid("Parquet magic bytes not found"), 2, "Parquet table is damaged"),
    (json.JSONDecodeError("Expecting value", "", 0), 2, "JSON file is damaged"),
    (raised(Whole), 2, "not as this version writes it"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 2, "UTF-8"),
    (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), 2, "LANG"),
    (SafetensorError("header too large"), 1, "weights is damaged"),
    (zipfile.BadZipFile("File is not a zip file"), 1, "archive is damaged"),
    (OperationalError("select", {}, Exception("locked")), 1, "database of the study"),
    (StudyError("The study asks something else."), 2, "The study asks something else"),
    (UnknownBackboneError("No backbone is called 'x'."), 2, "No backbone is called"),
    (OSError(errno.ENOSPC, "No space left on device", "/r/x"), 1, "(/r/x): No space left on device. Make room"),
    (OSError(errno.EMFILE, "Too many open files"), 1, "ulimit"),
    (PermissionError(errno.EACCES, "Permission denied", "/r/x"), 1, "who may read"),
    (OSError("something"), 1, "Check the disk"),
    (RuntimeError("Could not determine home directory."), 2, "Set HOME"),
    (KeyError("getpwuid(): uid not found: 54321"), 2, "Set HOME"),
    (RecursionError("maximum recursion depth exceeded"), 2, "nested too deeply"),
    (RuntimeError("Symlink loop from '/a'"), 2, "circle of links"),
    (ValueError("embedded null byte"), 2, "zero byte"),
]


@pytest.mark.parametrize(("error", "code", "words"), ERRORS, ids=lambda value: type(value).__name__)
def test_each_has_its_paragraph(error: Exception, code: int, words: str) -> None:
    text, found = paragraph(error)
    assert found == code
    assert words in text
    assert "Unforeseen" not in text
    assert "\n" not in text
    assert text.endswith(".")


def test_a_defect_says_that_it_is_one() -> None:
    text, code = paragraph(KeyError("x"))
    assert code == 1
    assert "a defect of bench" in text
    assert "--debug" in text


FILES = (
    *("experiment.toml", "cases.parquet", "folds.parquet", "leaderboard.json", "leaderboard.md", ".plan.json"),
    *("runs/*/run.json", "runs/*/predictions.parquet", "runs/*/history.parquet"),
)
DAMAGE = {
    "cut off": lambda content: content[: len(content) // 2],
    "junk": lambda _: b"\xff\xfe{[",
    "empty": lambda _: b"",
}


@pytest.fixture(scope="module")
def session_cache(cache_root: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPBENCH_CACHE", str(cache_root))
        yield


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("place", FILES)
def test_a_damaged_results_folder_is_said(
    place: str, damage: str, finished: Path, session_cache: None, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    explain = ["explain", "--most", "1", "--number", "1", "--checks", "0"]
    for command in (["status"], ["report"], ["report", "--format", "csv"], ["report", "--format", "json"], explain):
        shutil.rmtree(results, ignore_errors=True)
        shutil.copytree(finished, results)
        file = min(results.glob(place))
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
        done = CliRunner().invoke(app, [command[0], str(results), *command[1:]])
        assert done.exception is None or isinstance(done.exception, BenchError | SystemExit), (command, done.exception)
