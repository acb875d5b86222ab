"""A pipe, device, socket, folder or link in a circle where a file is expected: said at once, and never waited for."""

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType

import pytest
from odd_folder import prepare
from odd_inputs import Hang, limited
from typer.testing import CliRunner

from bench.cli.app import app
from bench.cli.paragraphs import paragraph
from bench.errors import BenchError
from bench.plain_file import plain

SECONDS = 60  # a pipe that nobody writes to is waited for without end


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(os.path.relpath(path))  # a longer name than about 100 bytes is refused


SPECIAL: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": _socket,
    "folder": Path.mkdir,
    "circle": lambda path: path.symlink_to(path.name),
}
STORED = (
    *("experiment.toml", "cases.parquet", "folds.parquet", ".digests.json", ".plan.json", "tuned.json", ".salt"),
    *("nondeterminism.json", "leaderboard.json", "leaderboard.md", "search/one.json", "explain/explain.json"),
    *(".bench-here-1.json", "runs/*/run.json", "runs/*/predictions.parquet", "runs/*/history.parquet", "runs/odd"),
)
GIVEN = (
    ["run", "--config", "{}"],
    ["run", "--config", "{}.toml"],
    ["run", "--recipe", "{}"],
    ["run", "--recipe", "{}.toml"],
    ["run", "--internal", "{}"],
    ["run", "--internal", "{}.csv"],
    ["run", "--internal", "{}.parquet"],
    ["run", "--data", "{}"],
    ["run", "--internal", "there", "--weights", "{}.safetensors"],
    ["import", "{}.csv"],
    ["data", "audit", "{}"],
    ["data", "clean", "{}"],
    ["report", "{}"],
    ["status", "{}"],
)


@contextmanager
def alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        with limited():
            yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def ends_with_words(*command: str) -> None:
    with alarm():
        done = CliRunner().invoke(app, list(command))
    error = done.exception
    if isinstance(error, Exception) and not isinstance(error, BenchError):
        assert "Unforeseen" not in paragraph(error)[0], command
    else:
        assert error is None or isinstance(error, BenchError | SystemExit), (command, error)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("sound") / "results")


@pytest.mark.parametrize("place", STORED)
def test_in_a_results_folder(place: str, sound: Path, tmp_path: Path) -> None:
    """All kinds of them are refused by one function; so only pipes are tried at each place."""
    for command in ("status", "report"):
        root = tmp_path / command
        shutil.copytree(sound, root)
        file = next(root.glob(place), root / place)
        file.unlink(missing_ok=True)
        os.mkfifo(file)
        ends_with_words(command, str(root))


@pytest.mark.parametrize("special", SPECIAL)
def test_none_of_them_is_an_ordinary_file(special: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SPECIAL[special](tmp_path / "odd")
    with pytest.raises(OSError, match=r"no file but a folder|symbolic links"):
        plain(tmp_path / "odd")


@pytest.fixture(scope="module")
def imported() -> None:
    """What takes longer than the alarm, and more memory than its limit, where the machine is busy."""
    import_module("timm")


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize(
    ("special", "command"),
    [("pipe", command) for command in GIVEN]
    + [(special, command) for special in SPECIAL for command in (["run", "--config", "{}"], ["data", "audit", "{}"])],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_as_an_argument(special: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAPBENCH_CACHE", str(tmp_path / "cache"))
    filled = [part.format("odd") for part in command]
    SPECIAL[special](tmp_path / next(part for part in filled if part.startswith("odd")))
    ends_with_words(*filled)
