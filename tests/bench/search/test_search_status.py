"""`bench status` of a search: the counts that Optuna itself gives, without Optuna."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import optuna
import pytest
from processes import Bench
from searches import Searched

from bench.cli.status_command import status
from bench.status.model import StudyStatus
from bench.status.read import read_status
from bench.status.searches import read_searches, seconds_of_trials
from bench.store.heartbeat import heartbeat
from bench.store.planned import Planned
from studies.glance import glance


def test_the_studies_of_a_finished_search(searched: Searched, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in searched.results.glob("**/*")}
    (one,) = read_status(searched.results).studies
    trials = optuna.load_study(study_name=one.study, storage=f"sqlite:///{searched.results}/study.db").trials
    assert (one.wanted, one.complete, one.pruned, one.failed, one.running, one.left) == (4, len(trials), 0, 0, 0, 0)
    seconds = [trial.duration.total_seconds() for trial in trials if trial.duration]
    assert one.seconds_per_trial == pytest.approx(sum(seconds) / 4, abs=1e-6)
    status(searched.results)
    assert f"| {one.study} " in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in searched.results.glob("**/*")} == before


STATES = """
import sys, optuna
from studies.retry import retry
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///" + sys.argv[1], study_name="odd")
for number in range(7):
    trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    if number < 2:
        study.tell(trial, 0.5)
    elif number == 2:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    elif number == 3:
        trial.set_user_attr("error", "The loss is nan")
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    elif number == 4:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        retry(study, study.get_trials()[number])
    elif number == 6:
        trial.set_user_attr("surplus", True)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
study.enqueue_trial({"x": 0.5})
"""


def test_every_state_of_a_trial_is_counted_once(tmp_path: Path) -> None:
    """Two complete, one pruned, one failed, one lost and tried again, which now runs, one surplus, one waiting."""
    subprocess.run([sys.executable, "-c", STATES, tmp_path / "study.db"], check=True, timeout=120)
    (one,) = glance(tmp_path / "study.db")
    assert (one.complete, one.pruned, one.lost, one.running, one.waiting) == (2, 1, 1, 1, 1)
    assert [(trial.number, trial.error) for trial in one.failed] == [(3, "The loss is nan")]
    assert one.ended == 4
    for at_work, running, lost in ((True, 1, 1), (False, 0, 2)):  # what ran when the last process was killed is lost
        ((found,), _, _) = read_searches(tmp_path, Planned(), at_work)
        assert (found.running, found.lost) == (running, lost)


def test_a_database_of_something_else_is_named(searched: Searched, tmp_path: Path) -> None:
    results = shutil.copytree(searched.results, tmp_path / "results")
    (results / "study.db").unlink()
    with sqlite3.connect(results / "study.db") as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()
    found = read_status(results)
    assert "study.db cannot be read: no such table" in found.problems[0]
    assert [(study.wanted, study.left) for study in found.studies] == [(4, 4)]
    assert found.search_seconds_left is None


def study(left: int | None, running: int, seconds: float | None) -> StudyStatus:
    return StudyStatus("s", None if left is None else left + running, 0, 0, 0, 0, running, left, seconds)


@pytest.mark.parametrize(
    ("studies", "processes", "seconds"),
    [
        ([study(0, 0, 10.0)], 0, 0.0),
        ([study(3, 1, 10.0)], 0, 40.0),
        ([study(3, 1, 10.0)], 2, 20.0),
        ([study(2, 0, 10.0), study(0, 1, 30.0), study(5, 0, None)], 1, 20.0 + 30.0 + 5 * 20.0),
        ([study(2, 0, None)], 1, None),
        ([study(None, 1, 10.0)], 1, None),
    ],
)
def test_the_time_left_of_trials(studies: list[StudyStatus], processes: int, seconds: float | None) -> None:
    assert seconds_of_trials(studies, processes) == seconds


@pytest.mark.parametrize("beside", [False, True])
def test_half_written_trials_go_where_nobody_else_is_at_work(
    searched: Searched, bench: Bench, tmp_path: Path, beside: bool
) -> None:
    """However young they are: a killed search has left them."""
    results = Path(shutil.copytree(searched.results, tmp_path / "results"))
    leftover = results / "trials" / ".0123456789abcdef0123.89abcdef.tmp"
    leftover.mkdir()
    with heartbeat(results, "bench run") if beside else nullcontext():
        done = bench(*searched.command[:-1], results, "--trials", "4")
    assert done.returncode == 0, done.stderr
    assert leftover.exists() == beside
