"""Names that steer terminals, compute in spreadsheets, turn texts around and end renderers, through every output."""

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from processes import BENCH

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
STEERING = [chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2066, 0x200F) if chr(code) not in "\n\t"]
CLASSES = ("a\x1b[31m\x07\x01\\", "=b\u202ez<b>&{}$x_1$")
BACKBONES = ('=cmd|"/c calc"!A1\x1b[2J', "-net\x9b2J\\")
SITE = "@bern\u202e\x1b]0;t\x07\\"


def hostile_predictions() -> pd.DataFrame:
    """Two backbones, two seeds of two folds, 40 internal cases, 20 of one site."""
    rows = [
        (name, seed, fold, site, case, CLASSES[number % 2], CLASSES[(number * 7 + seed + fold) % 3 > 0])
        for name in BACKBONES
        for seed in range(2)
        for fold in range(2)
        for site, case, number in (
            *(("internal", f"+{number}\x1b[1m", number) for number in range(40) if number // 2 % 2 == fold),
            *((SITE, f"={number}|x", number) for number in range(20)),
        )
    ]
    return pd.DataFrame(rows, columns=["backbone", "seed", "fold", "site", "case_id", "label", "predicted"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def said(folder: Path, bench_environment: dict[str, str]) -> dict[str, str]:
    """What each command printed; the results are in `folder`/r."""
    hostile_predictions().to_csv(folder / "p.csv", index=False)
    commands = {
        "import": ["import", "p.csv", "--results", "r"],
        "status": ["status", "r"],
        "tables": ["report", "r", "--format", "tables"],
        "report": ["report", "r"],
        "json": ["report", "r", "--format", "json"],
        "latex": ["report", "r", "--format", "latex"],
        "wrong": ["import", "\x1b[31m.csv", "--results", "r"],
        "unknown": ["report", "r", "--baseline", "\x1b[31m"],
    }
    printed = {}
    for name, command in commands.items():
        done = subprocess.run(
            [*BENCH, *command], cwd=folder, env=bench_environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == (2 if name in ("wrong", "unknown") else 0), done.stderr
        assert "Traceback" not in done.stderr
        printed[name] = done.stdout + done.stderr
    return printed


def test_no_command_passes_them_to_the_terminal(said: dict[str, str]) -> None:
    for name, text in said.items():
        assert not [sign for sign in STEERING if sign in text], name
    assert "\\x1b[2J" in said["import"]


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    root = folder / "r"
    for file in [*root.glob("*.md"), *root.glob("*.html"), *root.glob("tables/*.md"), *root.glob("tables/*.tex")]:
        yield file, file.read_text(encoding="utf-8")


def test_nor_do_the_files_for_readers_hold_them(folder: Path, said: dict[str, str]) -> None:
    found = dict(texts(folder))
    assert {file.suffix for file in found} == {".md", ".html", ".tex"}
    for file, text in found.items():
        assert not [sign for sign in STEERING if sign in text and not (file.suffix == ".html" and sign == "\x7f")], file


def test_the_page_holds_no_markup_of_theirs(folder: Path, said: dict[str, str]) -> None:
    assert "z<b>" not in (folder / "r" / "report.html").read_text(encoding="utf-8")


def test_no_cell_of_any_table_is_a_formula(folder: Path, said: dict[str, str]) -> None:
    seen = 0
    for file in folder.glob("r/tables/*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                for cell in filter(None, row):
                    assert not cell.startswith(FORMULAS) or _is_number(cell), (file, cell)
                    seen += cell.startswith("'")
    assert seen > 10


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
