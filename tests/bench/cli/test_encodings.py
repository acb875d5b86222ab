"""What is printed where the output cannot show every sign: ASCII forms, and never an error."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from processes import BENCH, SMALL
from warm import warm_bench

from bench.printable import ascii_form, make_printable
from bench.terminal import Terminal

OUTPUTS = {
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp437": {"PYTHONIOENCODING": "cp437"},
    "LANG=C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
COMMANDS = (
    *("run", "search", "dashboard", "nondeterminism", "import", "report", "status", "explain"),
    *("data audit", "data clean", "data show", "data phantom", "data fetch", "data digits"),
)


def said(environment: dict[str, str], output: str, *arguments: str | Path) -> tuple[int, str]:
    """Exit code and output; what a locale changes is decided when Python starts, so that needs a fresh process."""
    variables = {**environment, **OUTPUTS[output]}
    if output == "LANG=C":
        command = [*BENCH, *map(str, arguments)]
        done = subprocess.run(command, env=variables, capture_output=True, check=False, encoding="ascii")
    else:
        done = warm_bench(arguments, variables)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_run_ends_with_its_leaderboard(
    output: str, digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    options = [*SMALL, "--seeds", "1", "--epochs", "1", "--data", digit_data, "--weights", "random"]
    code, text = said(bench_environment, output, "run", *options, "--results", tmp_path / "results")
    assert code == 0, text
    assert "Macro F1 here" in text
    assert "Next: bench report " in text
    screen = text[text.index("Research use only") :].splitlines()
    assert len(screen) <= 40
    assert "\\u" not in text
    if output in ("ASCII", "LANG=C"):
        assert text.isascii()


@pytest.mark.parametrize("output", ["ASCII", "cp1252"])
@pytest.mark.parametrize("layout", ["md", "csv", "latex", "json"])
def test_stored_results_are_printed(
    output: str, layout: str, finished: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    results = shutil.copytree(finished, tmp_path / "results")
    code, text = said(bench_environment, output, "report", results, "--format", layout)
    assert code == 0, text
    if layout == "json":
        stored = json.loads((finished / "leaderboard.json").read_text(encoding="utf-8"))
        printed = json.loads(text)
        assert printed.keys() == stored.keys()
        assert [row["internal"] for row in printed["rows"]] == [row["internal"] for row in stored["rows"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_in_ascii(command: str, bench_environment: dict[str, str]) -> None:
    code, text = said(bench_environment, "ASCII", *command.split(), "--help")
    assert code == 0, text
    assert text.isascii()
    assert "Usage: " in text


def test_a_name_that_cannot_be_stored_is_refused(bench_environment: dict[str, str], tmp_path: Path) -> None:
    """Under LANG=C without Python's UTF-8 mode, names beyond ASCII are bytes and no text."""
    code, text = said(bench_environment, "LANG=C", "run", "--results", tmp_path / "Größe")
    assert code == 2
    assert "results: " in text
    assert "LANG" in text
    assert not list(tmp_path.iterdir())


def test_wrong_requests_in_ascii(bench_environment: dict[str, str], tmp_path: Path) -> None:
    code, text = said(bench_environment, "ASCII", "run", "--internal", tmp_path / "früh–😀")
    assert code == 2
    assert "fruh-\\ud83d\\ude00" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("character", "form"),
    [
        ("–", "-"),
        ("−", "-"),
        ("…", "..."),
        ("×", "x"),
        ("“", "'"),
        ("é", "e"),
        ("²", "2"),
        ("⁻", "-"),
        ("½", "1/2"),
        ("ﬁ", "fi"),
        ("\u0302", ""),
        ("中", "\\u4e2d"),
        ("\udcff", "\\udcff"),
    ],
)
def test_forms(character: str, form: str) -> None:
    assert ascii_form(character) == form


def test_from_python_nothing_is_too_odd_to_be_printed() -> None:
    """There nobody has changed the standard streams."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "cp1252", write_through=True)
    Terminal(file=file).say("σ of 中: 0.61 (0.57–0.65)")
    assert raw.getvalue().decode("cp1252").rstrip() == "sigma of \\u4e2d: 0.61 (0.57–0.65)"


def test_file_names_that_are_no_text_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "utf-8"))
    make_printable()
    print("früh\udcff")
    sys.stdout.flush()
    assert raw.getvalue().decode() == "früh\\udcff\n"
