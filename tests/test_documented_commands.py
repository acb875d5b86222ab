"""What the first pages tell people to type: every option is known, every value is one, and the tutorial runs."""

import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
import typer
from processes import Bench

from bench.cli.app import app
from docs import follow_tutorial

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/tutorial.md", "docs/questions.md")
IN_SMALL = {"tf_efficientnet_lite0": "test_resnet", "tf_efficientnet_lite1": "test_vit"}


def typed(page: str) -> list[str]:
    """Indented lines, and in the page of questions the second cell of each line."""
    text = (ROOT / page).read_text(encoding="utf-8")
    cells = [
        code
        for row in re.findall(r"^\|[^|]*\|([^|]*)\|", text, re.MULTILINE)
        for code in re.findall(r"`(bench .*?)`", row)
    ]
    return re.findall(r"^    (bench .*)$", text, re.MULTILINE) + (cells if page.endswith("questions.md") else [])


@pytest.mark.parametrize("line", [pytest.param(line, id=line) for page in PAGES for line in typed(page)])
def test_a_command_has_no_option_or_value_that_is_not_known(line: str) -> None:
    command: click.Command = typer.main.get_command(app)
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "…"]
    while isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words.pop(0))
        assert inner is not None
        command = inner
    command.make_context(command.name, words)


def test_the_tutorial_leads_to_a_leaderboard_and_a_page(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done: list[str] = []

    def call(command: Sequence[str], folder: Path) -> None:
        """With backbones that learn in a second."""
        program, *words = [IN_SMALL.get(word, word) for word in command]
        if program == "python":
            subprocess.run([sys.executable, *words], cwd=folder, check=True)
        else:
            answer = bench(*words, *(("--workers", "1", "--epochs", "1") if words[0] == "run" else ()))
            assert answer.returncode == 0, answer.stderr
            done.append(answer.stdout)

    follow_tutorial.follow(tmp_path, call)
    images = Counter(file.parts[-3] for file in tmp_path.glob("images/*/*/*.png"))
    assert images == {"internal": 4 * 60, "external-lyon": 4 * 40}
    assert "Nothing is wrong." in done[0]
    board = (tmp_path / "results" / "leaderboard.md").read_text(encoding="utf-8")
    for said in ("test_resnet", "Ties", "Gap macro F1", "that differ only in seed differ by up to"):
        assert said in board
    assert (tmp_path / "results" / "report.html").is_file()
    assert "All planned runs are done." in done[-1]
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 2 * 5 * 3
