"""`--executor slurm` on a real cluster: a lost node costs time and changes no byte."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import BENCH, Bench, predictions, wait_until
from slurm.cluster import NODES, Cluster
from slurm_jobs import importable_by_jobs

LONG = (
    *("--image-size", "32", "--folds", "2", "--seeds", "2", "--epochs", "30", "--batch-size", "16"),
    *("--backbone", "test_resnet", "--weights", "random", "--precision", "fp32"),
)
IN_JOBS = ("--executor", "slurm", "--slurm", "time=10", "--workers", "4", "--job-minutes", "0.001")  # each in its own


@contextmanager
def started(command: list[str], environment: dict[str, str], said: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process beside the test."""
    with said.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def node_at_work(slurm: Cluster, cache: Path) -> str:
    """A node on which a run has done an epoch; empty where there is none yet."""
    begun = {path.stem for path in cache.glob("spool/*/*.epochs")}
    noted = [json.loads(path.read_text()) for path in cache.glob("spool/*/jobs.json")]
    at_work = {job for jobs in noted for job, runs in jobs.items() if begun & set(runs)}
    lines = slurm.call("squeue", "--noheader", "--array", "--states=running", "--format=%i %N").splitlines()
    return next((node for job, node in map(str.split, lines) if job in at_work), "")


def first_jobs(said: str) -> list[str]:
    """The ids that the first asking for jobs gave."""
    return said.partition("job(s): ")[2].partition(".")[0].split(", ")


def restarts(slurm: Cluster) -> int:
    """How often Slurm has begun a job again, of all jobs."""
    words = slurm.call("scontrol", "show", "job").split()
    return sum(int(word.removeprefix("Restarts=")) for word in words if word.startswith("Restarts="))


def test_a_lost_node_changes_no_prediction(slurm: Cluster, digit_data: Path, bench: Bench, tmp_path: Path) -> None:
    cache, ours, said = tmp_path / "cache", tmp_path / "ours", tmp_path / "said"
    arguments = [*BENCH, "run", "--data", str(digit_data), *LONG, *IN_JOBS, "--results", str(ours)]
    before = restarts(slurm)
    with (
        importable_by_jobs(),
        started(arguments, {**slurm.environment, "GAPBENCH_CACHE": str(cache)}, said) as command,
    ):
        wait_until(lambda: bool(node_at_work(slurm, cache)), "a run to do an epoch on a node")
        lost = node_at_work(slurm, cache)
        slurm.lose_node(lost)
        try:
            wait_until(lambda: command.poll() is not None, "the command to end")
        finally:
            slurm.start_node(lost)
        assert command.returncode == 0, said.read_text()
    assert restarts(slurm) > before
    assert " go on; the same command" not in said.read_text()
    wait_until(lambda: slurm.states() == dict.fromkeys(NODES, "idle"), "nodes to be idle", 120)
    assert "4 run(s) are in 4 job(s): " in said.read_text()
    arrays = {job.partition("_")[0] for job in first_jobs(said.read_text())}
    assert len(arrays) == 2  # three jobs and one, since an array has three at most

    theirs = tmp_path / "theirs"
    bench("run", "--data", digit_data, *LONG, "--executor", "processes", "--workers", "2", "--results", theirs)
    assert len(predictions(theirs)) == 4
    assert predictions(ours) == predictions(theirs)
