"""Any two commands at once on one folder, as real processes: each does what the table of docs/reliability.md says.

The first is made to stand still while it has the folder, so that the second meets it there on any machine.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from processes import wait_until
from two_commands import (
    ANSWERS,
    BESIDE,
    PRINTS,
    READERS,
    REFUSES,
    STARTED,
    WAITS,
    Commands,
    Started,
    left,
    prepare,
    refuse_leftovers,
    together,
)
from without_times import json_of

LONG = ("run", "nondeterminism", "explain")
BRIEF = ("import", "report")
WRITERS = [name for name in STARTED if name not in READERS]


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, bench_environment: dict[str, str]) -> Commands:
    return prepare(tmp_path_factory.mktemp("two"), bench_environment)


class Alone:
    """What commands leave that have the folder for themselves, each or one after the other; made when asked for."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self._commands, self._folder = commands, folder
        self._left: dict[tuple[str, ...], tuple[Mapping[str, Any], Any]] = {}

    def after(self, *names: str) -> Mapping[str, Any]:
        return self._after(*names)[0]

    def leaderboard(self, *names: str) -> Any:
        """Only these two commands change it."""
        return self._after(*(name for name in ("run", "import") if name in names))[1]

    def _after(self, *names: str) -> tuple[Mapping[str, Any], Any]:
        if names not in self._left:
            root = self._commands.copy(self._folder / ("after " + ", ".join(names)))
            for name in (*names, "report"):
                done = self._commands.call(name, root)
                assert done.code == 0, done.said()
            self._left[names] = left(root), json_of(root / "leaderboard.json")
        return self._left[names]


@pytest.fixture(scope="module")
def alone(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    return Alone(commands, tmp_path_factory.mktemp("alone"))


def refuse_other(root: Path, commands: Commands, alone: Alone, *names: str) -> None:
    """Raise `AssertionError` where the folder is not as if the commands had come one after the other."""
    refuse_leftovers(root)
    found, wanted = left(root), alone.after()
    for name in names:
        wanted = together(wanted, alone.after(name))
    assert found == wanted
    assert commands.call("report", root).code == 0
    assert json_of(root / "leaderboard.json") == alone.leaderboard(*names)


def ends_well(started: Started) -> None:
    assert started.end() == 0, started.said()


def reads(commands: Commands, root: Path, first: Started) -> None:
    """Every reader ends, while `first` stands still."""
    for name in READERS:
        done = commands.call(name, root)
        codes = (0, 3) if name == "verify" else (0,)  # runs or folds may have come that the report does not have
        assert done.code in codes, (name, done.said())
        assert "damaged (" not in done.said()
        if name == "status" or done.code == 3:
            assert f"bench {first.name}, process " in done.said()


@pytest.mark.parametrize("first", LONG)
def test_beside_long_work(first: str, commands: Commands, alone: Alone, tmp_path: Path) -> None:
    root = commands.copy(tmp_path)
    working = commands.start(first, root)
    working.stop_at_work()
    for name in [name for name in STARTED if ANSWERS[first][name] == REFUSES]:
        done = commands.call(name, root)
        assert done.code == 2, (name, done.said())
        assert f"Another bench process is writing to {root} (bench {first}, process " in done.said(), name
    assert ANSWERS[first]["report"] == PRINTS
    printed = commands.call("report", root)
    assert printed.code == 0, printed.said()
    assert "\ntest_resnet  0." in printed.said()
    assert "report.html was not written. Another bench process" in printed.said()
    reads(commands, root, working)
    assert ANSWERS[first]["search"] == WAITS
    searching = commands.start("search", root)
    wait_until(lambda: f"Waiting until bench {first}, process " in searching.said(), "the search to wait")
    working.go_on()
    ends_well(working)
    ends_well(searching)
    refuse_other(root, commands, alone, first, "search")


@pytest.mark.parametrize("second", WRITERS)
@pytest.mark.parametrize("first", BRIEF)
def test_after_brief_work(first: str, second: str, commands: Commands, alone: Alone, tmp_path: Path) -> None:
    root = commands.copy(tmp_path)
    working = commands.start(first, root)
    working.stop_at_work()
    if second == WRITERS[0]:
        reads(commands, root, working)
    assert ANSWERS[first][second] == WAITS
    waiting = commands.start(second, root)
    wait_until(lambda: f"Waiting until bench {first}, process " in waiting.said(), f"{second} to wait")
    working.go_on()
    ends_well(working)
    ends_well(waiting)
    refuse_other(root, commands, alone, first, *(() if second.startswith("report") else (second,)))


def test_beside_a_search(commands: Commands, alone: Alone, tmp_path: Path) -> None:
    root = commands.copy(tmp_path)
    searching = commands.start("search", root)
    searching.stop_at_work()
    reads(commands, root, searching)
    others = [name for name in WRITERS if name != "search"]
    for name in others:
        assert ANSWERS["search"][name] == BESIDE
        ends_well(commands.call(name, root))
    assert ANSWERS["search"]["search"] == BESIDE
    second = commands.start("search", root)
    wait_until(lambda: "External cases are not opened" in second.said(), "the second search to have begun")
    searching.go_on()
    ends_well(searching)
    ends_well(second)
    refuse_other(root, commands, alone, "run", "nondeterminism", "explain", "import", "search")


def test_a_search_that_ends_while_a_run_works_waits_with_its_record(
    commands: Commands, alone: Alone, tmp_path: Path
) -> None:
    root = commands.copy(tmp_path)
    searching = commands.start("search", root)
    searching.stop_at_work()
    running = commands.start("run", root)
    running.stop_at_work()
    searching.go_on()
    wait_until(lambda: "Waiting until bench run, process " in searching.said(), "the search to end")
    running.go_on()
    ends_well(running)
    ends_well(searching)
    refuse_other(root, commands, alone, "run", "search")


@pytest.mark.parametrize("seconds", [0.0, 0.2])
@pytest.mark.parametrize(("first", "second"), [("nondeterminism", "run")])
def test_begun_together(
    first: str, second: str, seconds: float, commands: Commands, alone: Alone, tmp_path: Path
) -> None:
    """Whoever comes first; who was refused is given again."""
    root = commands.copy(tmp_path)
    both = [commands.start(first, root)]
    time.sleep(seconds)
    both.append(commands.start(second, root))
    for started in both:
        assert started.end() in (0, 2), started.said()
    for started in both:
        if started.code == 2:
            assert f"Another bench process is writing to {root} (bench " in started.said()
            assert commands.call(started.name, root).code == 0
    refuse_other(root, commands, alone, first, second)
