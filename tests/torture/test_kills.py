"""Every command that writes, killed by the system at random moments and given again: what it leaves in the end.

`make torture` runs this. How many moments a command has is GAPBENCH_KILLS.
"""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from torture.jobs import COMMANDS, NOTHING_LEFT, Shell, begun, job_of, write_data

KILLS = int(os.environ.get("GAPBENCH_KILLS", "16"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("kills") / "data")


@pytest.fixture
def shell(bench_environment: dict[str, str], tmp_path: Path) -> Shell:
    (tmp_path / "said").mkdir()
    return Shell(bench_environment, tmp_path / "said")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_killed_at_random_moments_ends_as_if_nobody_had(
    name: str, data: Path, shell: Shell, tmp_path: Path
) -> None:
    job, root, backup = job_of(name, data), tmp_path / "results", tmp_path / "backup"
    began = time.monotonic()
    root.mkdir()
    begun(name, data, root, shell)
    shutil.copytree(root, backup)
    ready = time.monotonic()
    assert shell.call(job.command(root)) == 0, shell.said()
    whole, undisturbed = time.monotonic() - ready, job.left(root)
    shutil.rmtree(root)
    shutil.copytree(backup, root)
    moments = np.random.default_rng(len(name)).uniform(0, max(whole, 0.5), KILLS)
    ended = [shell.call(job.command(root), float(moment)) for moment in moments]
    last = shell.call(job.command(root))
    assert {*ended, last} <= {None, 0, *NOTHING_LEFT.get(name, ())}, shell.said()
    assert job.left(root) == undisturbed
    assert not list(root.rglob(".*.tmp*"))
    print(f"\n{name}: killed {ended.count(None)} times, ended {ended.count(0)} times, {time.monotonic() - began:.0f} s")
