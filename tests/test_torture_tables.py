"""The tables of docs/reliability.md, made from what `make torture` prints."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRINTED = """\
_ test_a_command[run-driver] _
[gw0] linux -- Python
| `run` | driver | 20 | 6 of 6 | 2.0 s |
| `data clean` | SIGSTOP, SIGCONT | 10 | 26 of 26 | 7.5 s |
fails once: run: 8 of 117 places; ended {0: 1, 1: 7}
fails once: data clean: 9 of 20 places; ended {0: 1, 1: 6, 2: 2}
cut     no effect      46
cut     said           37
flip    said           36
"""
PASSED = "==== 173 passed in 1500.01s (0:25:00) ====\n"


def table(tmp_path: Path, name: str, text: str) -> "subprocess.CompletedProcess[str]":
    file = tmp_path / "torture.log"
    file.write_text(text)
    command = [sys.executable, str(ROOT / "tests/torture/tables.py"), name, str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("kills", ["| `run` | driver | 20 | 6 of 6 | 2.0 s |", ": 173 passed in 1500.01s (0:25:00)."]),
        ("disks", ["| `bench run`        |      117 |       8 |   1 |   7 |   0 |"]),
        ("disks", ["| `bench data clean` |       20 |       9 |   1 |   6 |   2 |"]),
        ("damage", ["| said      |    37 |     36 |    73 |", "| silent    |     0 |      0 |     0 |"]),
    ],
)
def test_a_table_holds_what_was_printed(tmp_path: Path, name: str, lines: list[str]) -> None:
    done = table(tmp_path, name, PRINTED + PASSED)
    assert done.returncode == 0, done.stderr
    for line in lines:
        assert line in done.stdout


@pytest.mark.parametrize("text", [PRINTED, PRINTED + "==== 1 failed, 172 passed in 1500.01s ====\n", PASSED])
def test_a_call_that_failed_or_was_not_whole_gives_no_table(tmp_path: Path, text: str) -> None:
    done = table(tmp_path, "disks", text)
    assert done.returncode == 1
    assert "is not of a whole call of make torture in which all passed" in done.stderr
