"""One way to the terminal, one to CSV: the sources are walked for others."""

import ast
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.printing import shown
from bench.terminal import Terminal

HOUSE = Path(__file__).parents[2]
PACKAGES = ("bench", "backbones", "studies", "reports")
PRINTS = ("bench/printing.py",)
WRITES_CSV = ("reports/draw/csv_table.py",)
CSV_WRITERS = (".to_csv", "csv.writer", "csv.DictWriter", ".write_csv", "savetxt")
CONSOLES = ("bench/terminal.py",)


def calls() -> Iterator[tuple[str, str]]:
    """File and dotted name of every call in the product."""
    for package in PACKAGES:
        for file in (HOUSE / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield file.relative_to(HOUSE).as_posix(), ast.unparse(node.func)


def test_nothing_prints_or_writes_csv_but_the_two_doors() -> None:
    beside = [
        (file, name)
        for file, name in calls()
        if (name in ("print", "typer.echo", "typer.secho", "pprint") and file not in PRINTS)
        or (name.endswith((".stdout.write", ".stderr.write")) and file not in PRINTS)
        or (name in ("Console", "rich.print") and file not in CONSOLES)
        or (
            name.endswith((".to_csv", "csv.writer", "csv.DictWriter", ".write_csv", "savetxt"))
            and file not in WRITES_CSV
        )
    ]
    assert beside == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("one\ntwo", "one\ntwo"),
        ("over\rwritten\x08\x7f", "over\\rwritten\\x08\\u007f"),
        ("\x9b2J", "\\u009b2J"),
        ("right\u202eleft\u2066\u200f", "right\\u202eleft\\u2066\\u200f"),
        ("half \ud800", "half \\ud800"),
        ("tag \U000e0041", "tag \\udb40\\udc41"),
        ("0.61 (0.57–0.65)†ᵃ ×\u00a0\u202fé 中 👩\u200d🔬", "0.61 (0.57–0.65)†ᵃ ×\u00a0\u202fé 中 👩\u200d🔬"),
    ],
)
def test_what_steers_a_terminal_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected
    file = io.StringIO()
    Terminal(file=file).say(text)
    assert file.getvalue() == expected + "\n"


def test_json_means_the_same_afterwards() -> None:
    content = {"na\x1bme\u202e\x7f\x9b": ["\U000e0041", "\u2028"]}
    assert json.loads(shown(json.dumps(content, ensure_ascii=False))) == content


LOUD = """
import logging, warnings
from bench.printable import make_printable
make_printable()
warnings.warn("a class called \\x1b[31m")
logging.getLogger("library").warning("a site called \\x1b[31m")
raise ValueError("a case called \\x1b[31m")
"""


def test_what_libraries_say_takes_the_same_way() -> None:
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, check=False)
    assert "\x1b" not in done.stderr
    assert [f"a {what} called \\x1b[31m" in done.stderr for what in ("class", "site", "case")] == [True] * 3
