"""Three `bench search` processes on one study in a real PostgreSQL server, one of them killed."""

import json
import signal
import subprocess
import time
from pathlib import Path

import optuna
from postgres import postgresql
from processes import BENCH
from searches import QUICK

from studies.storage import forget, open_storage

TRIALS = 5


def test_three_processes_share_a_study_and_one_is_killed(
    search_data: Path, tmp_path: Path, bench_environment: dict[str, str]
) -> None:
    with postgresql() as server:
        environment = {**bench_environment, "GAPBENCH_STORAGE": server.url}
        options = ["--data", search_data, *QUICK, "--config", search_data / "space.toml", "--trials", TRIALS]
        results = [tmp_path / "shared", tmp_path / "shared", tmp_path / "own"]  # two of them in one folder
        processes = [
            subprocess.Popen(
                [*BENCH, "search", *map(str, [*options, "--heartbeat", 1, "--results", folder])],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for folder in results
        ]
        victim = processes[1]
        assert victim.stdout is not None
        said = []
        for line in victim.stdout:  # its first trial follows
            said.append(line)
            if "worker(s)" in line:
                break
        time.sleep(0.3)
        victim.send_signal(signal.SIGKILL)
        said += victim.communicate()
        for process in (processes[0], processes[2]):
            out, error = process.communicate(timeout=240)
            assert process.returncode == 0, error
            said += [out, error]
        storage = open_storage(server.url)
        study = optuna.load_study(study_name="test_resnet", storage=storage)
        states = [trial.state.name for trial in study.trials if "surplus" not in trial.user_attrs]
        records = [json.loads((folder / "search" / "test_resnet.json").read_text()) for folder in set(results)]
        best = study.best_trial
        forget(storage)
    assert not any(server.password in text for text in said)
    assert any("postgresql://anna:***@127.0.0.1" in text for text in said)
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or server.password.encode() not in file.read_bytes()
    lost = [trial["number"] for trial in records[0]["stages"][0]["trials"] if trial["state"] == "lost"]
    assert states.count("COMPLETE") + states.count("PRUNED") == TRIALS
    assert states.count("FAIL") == len(lost) <= 1
    for record in records:
        (stage,) = record["stages"]
        assert stage["best"] == best.number
        assert {trial["number"]: trial["value"] for trial in stage["trials"]}[best.number] == best.value
