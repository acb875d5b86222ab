"""What names patients or opens databases stays out of everything that a run writes, prints and shows to `ps`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from postgres import postgresql
from processes import SMALL, Bench, words
from scans import write_dicom
from searches import SPACE

from bench.cli.hidden_arguments import passwords

NAMES = [f"Muster^Person{number}" for number in range(90)]
PASSWORD = "s3cr3t-w0rd"


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


def test_nothing_of_patients_or_the_database_is_left_by_any_command(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DICOM files of named patients, and a study in a real database, through run, search, explain, report and audit."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for number in range(16):
        who = {"PatientName": NAMES[number], "PatientID": f"HOSPITAL-{number}", "PatientBirthDate": "19380217"}
        stored = random.integers(0, 2000, (16, 16)).astype(np.uint16)
        write_dicom(tmp_path / "data" / "internal" / "ab"[number % 2] / f"{number}.dcm", stored, **who)
    (tmp_path / "space.toml").write_text(SPACE)
    data = ["--data", "data", *SMALL, "--seeds", "1", "--epochs", "1", "--weights", "random", "--results", "results"]
    said, cache = "", tmp_path / "cache"
    with postgresql() as server:
        for command in (
            ["run", *data, "--save-models"],
            ["search", *data, "--config", "space.toml", "--trials", "2", "--storage", server.url],
            ["search", *data, "--storage", f"postgresql://anna:{PASSWORD}@127.0.0.1:1/absent"],
            ["explain", "results", "--most", "2", "--number", "1", "--checks", "1"],
            ["report", "results"],
            ["status", "results", "--verify"],
            ["data", "audit", "data/internal", "--out", "audit"],
            ["verify", "results"],
        ):
            done = bench(*command, GAPBENCH_CACHE=str(cache))
            assert "Traceback" not in done.stderr
            assert done.returncode == 0 or "absent" in command[-1], (command, done.stderr)
            said += done.stdout + done.stderr
        secrets = [server.password, PASSWORD, "Muster", "Person", "HOSPITAL", "19380217"]
    written = words(tmp_path / "results") + words(cache) + words(tmp_path / "audit")
    assert len(written) > 10_000
    for secret in secrets:
        assert secret not in said
        assert secret not in written
    assert "postgresql://anna:***@127.0.0.1" in written


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
