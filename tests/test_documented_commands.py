"""What the pages tell people to type: every option is known, and the tutorial runs."""

import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from processes import Bench
from typer.core import TyperGroup

from bench.cli.app import app
from docs import follow_tutorial

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(file for file in (ROOT / "docs").glob("*.md") if file.stem != "command-line")]
PRINTED = re.compile(r"<!-- ([a-z0-9-]+)(?: [^\n]*)?-->\n.*?<!-- end of \1 -->", re.DOTALL)
IN_SMALL = {"tf_efficientnet_lite0": "test_resnet", "tf_efficientnet_lite1": "test_vit"}


def typed(page: Path) -> list[str]:
    """Indented lines that no command has printed, and in the page of questions what stands in the second cells."""
    text = PRINTED.sub("", page.read_text(encoding="utf-8")).replace("\\\n", "")
    lines = re.findall(r"^    (bench .*)$", text, re.MULTILINE)
    if page.stem == "questions":
        for cell in re.findall(r"^\|[^|]*\|([^|]*)\|", text, re.MULTILINE):
            lines += re.findall(r"`(bench .*?)`", cell)
    return lines


def parse(line: str) -> None:
    """As the command line does, without doing it; an omitted `…` is left out."""
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "…"]
    command = typer.main.get_command(app)
    while isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


@pytest.mark.parametrize("line", [pytest.param(line, id=line) for page in PAGES for line in typed(page)])
def test_a_command_has_no_option_that_is_not_known(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", ["bench run --bakbone a", "bench verify results --retrain two", "bench train"])
def test_a_command_that_is_wrong_is_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such option: --bakbone|valid integer|train"):
        parse(line)


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
