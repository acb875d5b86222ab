"""A search whose processes are killed makes the trials that it would have made, in their order."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.trial import TrialState
from plans import Open, hill

from studies.outcome import outcome
from studies.retry import PROCESS, _process, announce, take_over
from studies.samplers import SAMPLERS
from studies.space import Params
from studies.storage import sqlite_url
from studies.worker import run_trials

KILLED = """
import os, signal, sys
where, after, first, sampler, url = sys.argv[1:6]
sys.path[:0] = sys.argv[6:]
from plans import plan
from studies import retry, worker
from studies.space import FloatRange, Space
from studies.storage import open_storage
from studies.study import open_study

def killed(*given):
    os.kill(os.getpid(), signal.SIGKILL)

if where == "before it is signed":
    worker.sign = killed
if where == "between its parameters":
    FloatRange.suggest = killed
if where == "before it has parameters":
    Space.suggest = killed
if where == "between its end and its successor":
    retry.retry = killed
done = 0

def score(params, watch):
    global done
    done += 1
    if done > int(after):
        killed()
    return worker.Scored(-((params["x"] - 2) ** 2) - (params["n"] - 3) ** 2)

opened = open_study(open_storage(url, 30), url, plan(sampler=sampler))
worker.run_trials(opened, score, 15, first={"x": 2.0, "n": 3} if first == "given" else None)
"""
FIRST: Params = {"x": 2.0, "n": 3}


def killed_search(tmp_path: Path, where: str, after: int = 0, first: str = "given", sampler: str = "tpe") -> None:
    """A search whose process kills itself at a place, having ended so many trials."""
    url = sqlite_url(tmp_path / "study.db")
    command = [sys.executable, "-c", KILLED, where, str(after), first, sampler, url, *sys.path]
    killed = subprocess.run(command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


PLACES = {
    "once": [("in its score", 0)],
    "before it is signed": [("before it is signed", 0)],
    "and while it is taken over": [("before it has parameters", 0), ("between its end and its successor", 0)],
    "another one, too": [("between its parameters", 0), ("in its score", 2), ("before it is signed", 0)],
}


def goes_on(study: Open, tmp_path: Path, kills: list[tuple[str, int]], first: str, sampler: str, trials: int) -> None:
    """That a search has the same parameters in the same order as one whose processes nobody killed."""
    given = FIRST if first == "given" else None
    undisturbed = study(name="undisturbed", sampler=sampler)
    run_trials(undisturbed, hill, trials, first=given)
    for where, after in kills:
        killed_search(tmp_path, where, after, first, sampler)
    again = study(heartbeat=3600, sampler=sampler)  # so long that nothing is found by its heart
    assert TrialState.WAITING not in {trial.state for trial in again.study.trials}
    run_trials(again, hill, trials, first=given)
    found = outcome(again)
    assert [trial.params for trial in found.trials if trial.state == "complete"] == [
        trial.params for trial in outcome(undisturbed).trials
    ]
    assert found.count("lost") == len(found.trials) - trials
    assert given is None or outcome(undisturbed).trials[0].params == given


@pytest.mark.parametrize("first", ["given", "drawn"])
@pytest.mark.parametrize("kills", PLACES.values(), ids=PLACES)
def test_a_killed_search_goes_on_as_if_nobody_had_killed_it(
    study: Open, tmp_path: Path, kills: list[tuple[str, int]], first: str
) -> None:
    goes_on(study, tmp_path, kills, first, "tpe", 5)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_so_does_every_sampler_past_its_random_start(study: Open, tmp_path: Path, sampler: str) -> None:
    goes_on(study, tmp_path, [("in its score", 3), ("before it has parameters", 8)], "drawn", sampler, 14)


def test_given_parameters_are_tried_as_often_as_it_takes(study: Open, tmp_path: Path) -> None:
    goes_on(study, tmp_path, 7 * [("in its score", 0)], "given", "tpe", 5)


def test_no_two_trials_are_drawn_alike_whatever_prunes(study: Open) -> None:
    """Hyperband shows a sampler the trials of one bracket alone."""
    opened = study(sampler="random", pruner="hyperband")
    run_trials(opened, hill, 14)
    assert len({tuple(trial.params.values()) for trial in outcome(opened).trials}) == 14


NOBODY = 2**22 + 1  # Linux gives no number beyond 2^22


@pytest.mark.parametrize(("taker", "state"), [(os.getppid(), TrialState.RUNNING), (NOBODY, TrialState.FAIL)])
def test_a_trial_that_is_not_signed_is_left_to_processes_that_live(study: Open, taker: int, state: TrialState) -> None:
    """One of which may be about to sign it."""
    opened = study()
    host = _process(os.getpid()).rsplit(maxsplit=2)[0]
    gone = [f"{PROCESS} {host} {NOBODY} 1", f"{PROCESS} elsewhere/pid:[1] 7 1"]
    named = f"{PROCESS} {_process(taker)}" if taker != NOBODY else gone[0]
    for name, takes in ((gone[0], True), (gone[1], False), (named, True)):
        opened.storage.set_study_system_attr(opened.study._study_id, name, takes)
    announce(opened.study, opened.storage, takes=True)
    opened.study.ask()
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == state


def test_a_trial_of_a_process_that_has_ended_and_was_not_waited_for_is_taken_over(study: Open) -> None:
    """As of a driver whose shell was killed with it."""
    opened = study()
    process = subprocess.Popen(["sleep", "100"])
    signed = _process(process.pid)
    opened.storage.set_trial_system_attr(opened.study.ask()._trial_id, PROCESS, signed)
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == TrialState.RUNNING
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == TrialState.FAIL
    process.wait()


def test_other_parameters_that_kill_processes_are_given_up(study: Open, tmp_path: Path) -> None:
    opened = study()
    run_trials(opened, hill, 1, first=FIRST)
    for _ in range(6):
        killed_search(tmp_path, "in its score")
    run_trials(opened, hill, 5, first=FIRST)
    found = outcome(opened)
    assert (found.count("complete"), found.count("lost"), found.count("failed")) == (4, 5, 1)
