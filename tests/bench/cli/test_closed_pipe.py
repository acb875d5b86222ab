"""Whoever reads the output may stop (`| head`): the work goes on to its end, and no error is made of it."""

import fcntl
import json
import os
import subprocess
from pathlib import Path

from processes import BENCH, SMALL, predictions

FIRST_LINE = 1 << 6
PAGE = 4096


def read_a_little(arguments: list[str | Path], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code and standard error of `bench`, of whose output the first bytes are read and then no more."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PAGE)  # smaller than what is printed
    with subprocess.Popen(
        [*BENCH, *map(str, arguments)], env=environment, stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        os.read(reading, FIRST_LINE)
        os.close(reading)
        _, error = process.communicate()
    return process.returncode, error


def test_a_run_goes_on_and_is_stored(digit_data: Path, bench_environment: dict[str, str], tmp_path: Path) -> None:
    options = [*SMALL, "--seeds", "2", "--epochs", "1", "--weights", "random", "--results", tmp_path / "r"]
    code, error = read_a_little(["run", "--data", digit_data, *options], bench_environment)
    assert (code, error) == (0, "")
    assert len(predictions(tmp_path / "r")) == 4
    assert "overview" in json.loads((tmp_path / "r/leaderboard.json").read_text())


def test_what_is_longer_than_a_pipe_is_no_error(finished: Path, bench_environment: dict[str, str]) -> None:
    assert (finished / "leaderboard.json").stat().st_size > PAGE
    code, error = read_a_little(["report", finished, "--format", "json"], bench_environment)
    assert (code, error) == (0, "")


def test_help_that_nobody_reads_ends_well(bench_environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*BENCH, "run", "--help"], env=bench_environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
