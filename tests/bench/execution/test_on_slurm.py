"""What jobs do that processes of one's own do not: they end early, and outlive the command that asked for them."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execution_runs import prepare_runs
from processes import alive, child_processes, wait_until
from slurm_jobs import importable_by_jobs, in_jobs

from bench.cache import Caches
from bench.config.options.machine import Machines
from bench.errors import RequestError
from bench.execution.executor import Speed
from bench.execution.in_process import InProcessExecutor
from bench.execution.on_slurm.executor import SlurmExecutor
from bench.execution.on_slurm.packed import packed, unpacked
from bench.execution.on_slurm.submission import Submission, minutes
from bench.execution.resources import Resources
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunResult, RunSpec

# submitit lets go of the processes that stand in for its jobs, as it does of jobs
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Runs = tuple[list[RunSpec], Resources]
FAKE = """#!/bin/sh
[ "$(basename "$0")" = sbatch ] && cp "$1" {folder}/asked.sh && echo Submitted batch job 7
[ "$(basename "$0")" = squeue ] && printf '7_0\\n8\\n'
exit 0
"""


@pytest.fixture(autouse=True)
def importable() -> Iterator[None]:
    with importable_by_jobs():
        yield


@pytest.fixture
def runs(digit_data: Path, caches: Caches) -> Runs:
    """Longer than the time between two looks at a job, so that what is done to it at an epoch meets it."""
    return prepare_runs(digit_data, caches, recipe=Recipe(epochs=80, batch_size=16))


def by_fold(
    executor: SlurmExecutor | InProcessExecutor,
    specs: list[RunSpec],
    on_epoch: Callable[[RunSpec, EpochRecord], bool] = lambda spec, epoch: True,
) -> dict[int, RunResult]:
    return {spec.fold: result for spec, result in executor.run(specs, on_epoch)}


def same(ours: dict[int, RunResult], runs: Runs) -> bool:
    theirs = by_fold(InProcessExecutor(runs[1]), runs[0])
    assert {fold: result.error for fold, result in ours.items()} == dict.fromkeys(theirs, "")
    return all(np.array_equal(ours[fold].probabilities, theirs[fold].probabilities) for fold in theirs)


def at_first_epoch(executor: SlurmExecutor, act: Callable[[int], object]) -> Callable[[RunSpec, EpochRecord], bool]:
    """Do something to the process that stands in for the job, once."""
    done = list[int]()

    def on_epoch(spec: RunSpec, epoch: EpochRecord) -> bool:
        if not done:
            done.append(spec.fold)
            act(int(next(iter(executor._jobs))))
        return True

    return on_epoch


def kill(job: int) -> None:
    for one in (job, *child_processes(job)):
        os.kill(one, signal.SIGKILL)


def test_a_job_that_is_killed_is_asked_for_again(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    specs, resources = runs
    with in_jobs(resources, specs, workers=1) as executor:
        found = by_fold(executor, specs, at_first_epoch(executor, kill))
    assert same(found, runs)
    said = capsys.readouterr().err
    assert "of its 2 run(s) not done" in said
    assert said.count("in 1 job(s)") == 2


def test_a_job_whose_time_is_over_goes_on_by_itself(
    digit_data: Path, caches: Caches, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Slurm tells it before it ends it; submitit then asks Slurm for it again."""
    runs = prepare_runs(digit_data, caches, recipe=Recipe(epochs=30, batch_size=16))  # which take seconds
    specs, resources = runs

    told = list[int]()

    def warn(job: int) -> None:
        told.append(job)
        (task,) = child_processes(job)
        os.kill(task, signal.SIGUSR2)

    with in_jobs(resources, specs, workers=1) as executor:
        found = by_fold(executor, specs, at_first_epoch(executor, warn))
        log = executor._submission.log(str(told[0]))
    assert same(found, runs)
    assert capsys.readouterr().err.count("in 1 job(s)") == 1
    assert "Requeued job" in log.read_text() + log.with_suffix(".out").read_text()


def test_what_jobs_did_meanwhile_is_taken_in_by_the_same_command(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs

    class Closed(Exception):
        pass

    def close(spec: RunSpec, epoch: EpochRecord) -> bool:
        raise Closed

    with pytest.raises(Closed), in_jobs(resources, specs) as executor:
        by_fold(executor, specs, close)
    jobs = [int(job) for job in executor._spool.jobs()]
    assert jobs
    assert capsys.readouterr().err.count("job(s)") == 1
    with in_jobs(resources, specs) as executor:  # while they work
        assert same(by_fold(executor, specs), runs)
    assert "job(s)" not in capsys.readouterr().err
    wait_until(lambda: not any(map(alive, jobs)), "the end of the jobs")


def test_a_damaged_result_is_made_again(runs: Runs) -> None:
    specs, resources = runs
    with in_jobs(resources, specs, cluster="debug") as executor:
        executor._spool.put(specs[0].run_id, RunResult("done", np.zeros((1, 3), dtype=np.float32)))
        file = executor._spool.folder / f"{specs[0].run_id}.result"
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        assert same(by_fold(executor, specs), runs)


def test_a_machine_with_other_versions_does_no_run_and_is_left_out_then(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, resources = runs
    monkeypatch.setattr("bench.execution.on_slurm.executor.versions", lambda: {"torch": "1.0"})
    monkeypatch.setenv("SLURMD_NODENAME", "n1")  # as Slurm calls it, whatever the machine calls itself
    with in_jobs(resources, specs, cluster="debug") as executor:
        found = by_fold(executor, specs)
        ((host, why),) = executor._spool.refused().items()
    assert host == "n1"
    assert why.startswith("torch ")
    assert why.endswith("(the driver's: 1.0)")
    assert {result.status for result in found.values()} == {"failed"}
    assert "3 jobs have ended without a result of it" in found[0].error


def test_jobs_hold_about_so_many_minutes(runs: Runs) -> None:
    """A run takes 59 s here, its evaluation no time."""
    (first, _), resources = runs
    images = len(first.train) * first.recipe.epochs
    specs = [replace(first, replicate=number) for number in range(10)]
    executor = in_jobs(resources, specs, workers=10, cluster="slurm", minutes=3)
    assert [len(part) for part in executor._packed(specs)] == [10]
    executor._speeds[first.backbone] = Speed(images / 59, 1e12)
    assert [len(part) for part in executor._packed(specs)] == [3, 3, 3, 1]


def test_a_result_is_the_same_after_its_way(runs: Runs) -> None:
    specs, resources = runs
    result = by_fold(InProcessExecutor(replace(resources, keep_models=True)), specs[:1])[0]
    back = unpacked(packed(result))
    assert np.array_equal(back.probabilities, result.probabilities)
    assert back.probabilities.dtype == np.float32
    assert repr(replace(back, probabilities=result.probabilities)) == repr(result)


def test_results_that_lie_there_are_given_to_be_stored_together(runs: Runs) -> None:
    specs, resources = runs
    with in_jobs(resources, specs, cluster="debug") as executor:
        for spec in specs:
            executor._spool.put(spec.run_id, RunResult("done", np.zeros((1, 3), dtype=np.float32)))
        given = executor.run(specs, lambda spec, epoch: True)
        next(given)
        assert executor.has_more()
        next(given)
        assert not executor.has_more()
        assert executor._spool.results() == {spec.run_id for spec in specs}  # until both are stored
        assert next(given, None) is None
        assert executor._spool.results() == set()


def test_jobs_that_have_done_all_do_not_go_on(runs: Runs, slurm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Slurm may list a job for a while after its last result. One of other runs stays noted."""
    specs, resources = runs
    with in_jobs(resources, specs, cluster="slurm") as executor:
        executor._spool.note_jobs({"7_0": [spec.run_id for spec in specs], "8": ["of others"]})
        for spec in specs:
            executor._spool.put(spec.run_id, RunResult("done", np.zeros((1, 3), dtype=np.float32)))
        assert len(by_fold(executor, specs)) == 2
        assert executor._spool.jobs() == {"8": ["of others"]}
    assert capsys.readouterr().err == ""


def test_it_is_said_once_that_slurm_does_not_answer(
    runs: Runs, slurm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    (slurm / "squeue").write_text("#!/bin/sh\necho Connection refused. >&2; exit 1\n")
    with in_jobs(resources, specs, cluster="slurm") as executor:
        for _ in range(2):
            assert executor._under_way({"7_0": ["a"]}) == {"7_0": ["a"]}
    said = "Slurm does not answer squeue: Connection refused. All jobs are taken to go on until it does."
    assert capsys.readouterr().err == f"{said}\n"


def test_the_reason_of_a_job_is_what_it_said_itself(runs: Runs) -> None:
    specs, resources = runs
    executor = in_jobs(resources, specs, cluster="slurm")
    log = executor._submission.log("7_0")
    assert executor._why("7_0") == f"it said nothing ({log})"
    log.parent.mkdir()
    log.write_text(
        "bench.errors.BenchError: Node n1 has torch 1.0.\nsrun: error: n1: task 0: Exited with exit code 1\n"
    )
    assert executor._why("7_0") == f"bench.errors.BenchError: Node n1 has torch 1.0 ({log})"
    log.write_text("srun: error: Unable to create step\n")
    assert executor._why("7_0") == f"srun: error: Unable to create step ({log})"


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that stand in for Slurm's; what sbatch is given lies in asked.sh."""
    for name in ("sbatch", "srun", "squeue"):
        (tmp_path / name).write_text(FAKE.format(folder=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_what_sbatch_is_asked_for(runs: Runs, slurm: Path, tmp_path: Path) -> None:
    specs, resources = runs
    options = {"partition": "gpu", "time": "2:00:00", "gpus_per_node": "1", "reservation": "mine", "exclude": "n1"}
    executor = SlurmExecutor(resources, 3, Machines(slurm=options, job_minutes=1e-9, results="r"), [*specs, *specs])
    executor._speeds["test_resnet"] = Speed(1, 1)
    with executor:
        executor._spool.refuse("n2", "another processor")
        executor._ask(specs)
    asked = {line.removeprefix("#SBATCH ") for line in (slurm / "asked.sh").read_text().splitlines()}
    wanted = {
        *("--partition=gpu", "--time=120", "--gpus-per-node=1", "--reservation=mine", "--exclude=n1,n2"),
        *("--array=0-1%2", "--signal=USR2@120", "--cpus-per-task=1", "--job-name=bench"),
    }
    assert wanted <= asked
    assert [*executor._jobs] == ["7_0", "7_1"]
    assert executor._submission.under_way(["7_0", "7_1"]) == {"7_0"}


@pytest.mark.parametrize(
    ("text", "number"), [("30", 30), ("30:01", 31), ("2:00:00", 120), ("1-12", 2160), ("1-12:30:00", 2190)]
)
def test_times_are_those_of_sbatch(text: str, number: int) -> None:
    assert minutes(text) == number


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time": "soon", "cluster": "local"}, r"--slurm time=soon is no time of sbatch"),
        ({"cluster": "moon"}, r"--slurm cluster=moon: cluster is one of slurm, local, debug"),
        ({}, r"There is no Slurm here: sbatch is not found\. .* --slurm cluster=local"),
        ({"cpus_per_task": "all", "cluster": "local"}, r"--slurm cpus_per_task=all is no number"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_run(
    options: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match=words):
        Submission(options, tmp_path / "jobs").refuse_impossible()
