"""Processes that share a study on a real PostgreSQL server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from plans import plan
from postgres import Server, postgresql
from processes import wait_until

from studies.errors import StorageLostError
from studies.outcome import outcome
from studies.pruners import Watch
from studies.space import Params
from studies.storage import forget, open_storage
from studies.study import open_study
from studies.worker import Scored, run_trials

TRIALS = 12
PROCESS = """
import sys, time
from plans import plan
from studies.storage import open_storage
from studies.study import open_study
from studies.worker import Scored, run_trials

def slow(params, watch):
    print("trial", flush=True)
    time.sleep(0.5)
    return Scored(-abs(params["x"]), {"process": sys.argv[2]})

url = sys.argv[1]
run_trials(open_study(open_storage(url, 1), url, plan()), slow, 12)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


def test_three_processes_share_a_study_and_one_is_killed(server: Server) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, server.url, str(number)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    victim = processes[0]
    assert victim.stdout is not None
    assert victim.stdout.readline() == "trial\n"
    time.sleep(0.1)
    victim.send_signal(signal.SIGKILL)
    for process in processes[1:]:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        assert server.password not in error
    victim.communicate()
    storage = open_storage(server.url)
    found = outcome(open_study(storage, server.url, plan()))
    forget(storage)
    assert found.count("complete") == TRIALS
    assert found.count("lost") == 1
    lost = next(trial for trial in found.trials if trial.state == "lost")
    again = next(trial for trial in found.trials if trial.retry_of == lost.number)
    assert again.params == lost.params
    assert again.state == "complete"
    by = [trial.attributes["process"] for trial in found.trials if trial.state == "complete"]
    assert set(by) - {"0"} == {"1", "2"}
    parameters = [trial.params["x"] for trial in found.trials if trial is not again]
    assert len(set(parameters)) == len(parameters)


def test_a_wrong_password_is_refused_without_being_shown(server: Server) -> None:
    wrong = server.url.replace(server.password, "0f-s3cr3t")
    with pytest.raises(StorageLostError, match="password authentication failed") as caught:
        open_storage(wrong)
    assert "0f-s3cr3t" not in str(caught.value)


def test_a_server_that_goes_away_loses_nothing(server: Server) -> None:
    calls: list[Params] = []

    def third_loses(params: Params, watch: Watch) -> Scored:
        calls.append(params)
        if len(calls) == 3:
            server.stop()
        return Scored(float(params["x"]))

    storage = open_storage(server.url, 5)
    with pytest.raises(StorageLostError, match="Nothing is lost") as caught:
        run_trials(open_study(storage, server.url, plan(name="lost")), third_loses, 5)
    assert server.password not in str(caught.value)
    forget(storage)
    started = time.monotonic()
    with pytest.raises(StorageLostError):
        open_storage(server.url)
    assert time.monotonic() - started < 10
    server.start()
    storage = open_storage(server.url, 1)
    opened = open_study(storage, server.url, plan(name="lost"))
    wait_until(lambda: bool(opened.study.trials), "the server")
    run_trials(opened, lambda params, watch: Scored(float(params["x"])), 5)
    assert outcome(opened).count("complete") == 5
    forget(storage)
