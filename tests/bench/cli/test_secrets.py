"""What names patients or opens databases stays out of everything that a run writes, prints and shows to `ps`."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from processes import SMALL, Bench

from bench.cli.hidden_arguments import passwords

NAMES = [f"Muster^Person{number}" for number in range(90)]
PASSWORD = "s3cr3t-w0rd"


def words(root: Path) -> str:
    """All that the files below hold: their names, bytes, and cells of their tables."""
    found = []
    for file in root.rglob("*"):
        found.append(str(file))
        if file.suffix == ".parquet":
            found.append(pd.read_parquet(file).to_csv())
        if file.is_file():
            found.append(file.read_bytes().decode("latin-1"))
    return "\n".join(found)


def test_columns_that_nothing_uses_reach_no_result(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    files = sorted(digit_data.glob("internal/*/*.png"))
    manifest = pd.DataFrame(
        {
            "path": list(map(str, files)),
            "label": [file.parent.name for file in files],
            "PatientName": NAMES[: len(files)],
            "birth": "1938-02-17",
            "mask": list(map(str, files)),
        }
    )
    manifest.to_csv(tmp_path / "list.csv", index=False)
    results, cache = tmp_path / "results", tmp_path / "cache"
    options = [*SMALL, "--seeds", "1", "--epochs", "1", "--weights", "random", "--allow-outside"]
    for command in (["run", "--internal", tmp_path / "list.csv", *options, "--results", results], ["report", results]):
        done = bench(*command, GAPBENCH_CACHE=str(cache))
        assert done.returncode == 0, done.stderr
        assert "Muster" not in done.stdout + done.stderr
    for text in (words(results), words(cache)):
        assert "Muster" not in text
        assert "1938-02-17" not in text
    assert pd.read_parquet(results / "cases.parquet")["mask"].notna().all()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"postgresql://anna:{PASSWORD}@host/db", [PASSWORD]),
        (f"--storage=mysql://anna:{PASSWORD}@host:3306/db", [PASSWORD]),
        ("postgresql://anna:a@b:c@host/db", ["a@b:c"]),
        (f"postgresql://anna@host/db?password={PASSWORD}&sslmode=require", [PASSWORD]),
        (f"postgresql://host/db?user=anna&sslpassword={PASSWORD}", [PASSWORD]),
        ("postgresql://anna@host/db", []),
        ("sqlite:////a/b.db", []),
        ("--results", []),
    ],
)
def test_passwords_of_a_url(text: str, found: list[str]) -> None:
    assert passwords(text) == found


SHOWN = """
import sys
from pathlib import Path
from bench.cli.hidden_arguments import hide_passwords
hide_passwords(sys.argv[1:])
print(Path("/proc/self/cmdline").read_text().replace("\\0", " "))
print(sys.argv[2])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there can arguments be overwritten")
def test_the_list_of_processes_shows_stars() -> None:
    url = f"postgresql://anna:{PASSWORD}@host/db"
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, "--storage", url, "--trials=3"], capture_output=True, text=True, check=True
    )
    *listed, kept = done.stdout.splitlines()
    assert kept == url
    stars = "*" * len(PASSWORD)
    assert listed[-1].endswith(f"--storage postgresql://anna:{stars}@host/db --trials=3 ")
    assert PASSWORD not in "".join(listed)
