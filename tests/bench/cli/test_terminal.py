"""What a terminal, a dumb one, a pipe and NO_COLOR get to see."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from processes import BENCH, SMALL

STYLE = re.compile(r"\x1b\[([0-9;]*)m")  # select graphic rendition
FOREGROUND = re.compile(r"3[0-8]|9[0-7]")


def coloured(shown: str) -> bool:
    return any(FOREGROUND.fullmatch(part) for style in STYLE.findall(shown) for part in style.split(";"))


def on_terminal(arguments: list[str | Path], environment: dict[str, str], **changed: str | None) -> str:
    """Standard output of `bench` on a pseudo-terminal; None takes a variable away."""
    parent, child = pty.openpty()
    variables = {key: value for key, value in {**environment, **changed}.items() if value is not None}
    with subprocess.Popen([*BENCH, *map(str, arguments)], env=variables, stdout=child, stdin=child) as process:
        os.close(child)
        parts = []
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(parent)
    assert process.returncode == 0
    return b"".join(parts).decode()


def test_status_is_a_drawn_table_on_a_terminal_and_markdown_elsewhere(
    finished: Path, bench_environment: dict[str, str]
) -> None:
    shown = on_terminal(["status", finished], bench_environment, TERM="xterm-256color", NO_COLOR=None)
    assert "─" in shown
    assert "| Backbone" not in shown
    assert "test_resnet" in shown
    dumb = on_terminal(["status", finished], bench_environment, TERM="dumb", NO_COLOR=None)
    assert "| Backbone" in dumb
    assert "\x1b" not in dumb


@pytest.mark.parametrize(("no_color", "expected"), [(None, True), ("1", False)])
def test_colours_of_help_go_with_no_color(
    bench_environment: dict[str, str], no_color: str | None, expected: bool
) -> None:
    shown = on_terminal(["status", "--help"], bench_environment, TERM="xterm-256color", NO_COLOR=no_color)
    assert coloured(shown) == expected
    assert "--json" in STYLE.sub("", shown)


def test_a_run_on_a_terminal_shows_a_bar_with_the_time_left(
    digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    options = [*SMALL, "--seeds", "1", "--data", digit_data, "--results", tmp_path / "r"]
    shown = on_terminal(["run", *options], bench_environment, TERM="xterm-256color", NO_COLOR="1")
    assert "━" in shown
    assert "1/2 runs" in shown
    assert " left" in shown
    assert "2/2 runs" in shown
    assert not coloured(shown)
    assert "Macro F1 here" in shown


def test_a_bar_on_a_terminal_of_ascii(digit_data: Path, bench_environment: dict[str, str], tmp_path: Path) -> None:
    options = [*SMALL, "--seeds", "1", "--epochs", "1", "--data", digit_data, "--results", tmp_path / "r"]
    shown = on_terminal(["run", *options], bench_environment, TERM="xterm-256color", PYTHONIOENCODING="ascii")
    assert shown.isascii()
    assert "2/2 runs" in shown
    assert "Macro F1 here" in shown
