"""`bench run --executor ray` as a command: it is stopped, killed and given again."""

import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from processes import BENCH, INTERRUPTIBLE, SMALL, alive, child_processes, predictions, wait_until
from trees import missing


def descendants(pid: int) -> list[int]:
    """All processes that came of one, which may be gone by now."""
    children = child_processes(pid)
    return children + [one for child in children for one in descendants(child)]


def ended_by(number: int, command: list[str], environment: dict[str, str], results: Path) -> tuple[int, list[int]]:
    """The exit code of a command that is sent a signal once it has stored a run, and the processes that it began."""
    before = len(predictions(results))
    process = subprocess.Popen(
        [*INTERRUPTIBLE, *command], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    wait_until(lambda: len(predictions(results)) > before or process.poll() is not None, "a stored run")
    begun = descendants(process.pid)
    assert any("raylet" in Path(f"/proc/{one}/cmdline").read_text() for one in begun if alive(one))
    process.send_signal(number)
    return process.wait(30), begun


def wait_for_the_end_of(processes: list[int]) -> None:
    """Of a killed command two agents of Ray notice a minute later that they are alone."""
    wait_until(lambda: not any(map(alive, processes)), "the end of all processes", 150)


def test_what_is_left_of_a_stopped_and_of_a_killed_command_is_done_by_the_same_command(
    digit_data: Path, finished: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    """No process of Ray outlives the command that began it, and what is stored is not done again.

    There are so many runs that it is far from its end when it is stopped.
    """
    if find_spec("ray") is None:
        missing("ray is not installed (pip install 'gapbench[ray]')")
    results = tmp_path / "results"
    command = ["run", "--data", str(digit_data), *SMALL, "--seeds", "6", "--executor", "ray", "--results", str(results)]
    code, begun = ended_by(signal.SIGINT, command, bench_environment, results)
    assert code == 130
    wait_for_the_end_of(begun)
    code, left = ended_by(signal.SIGKILL, command, bench_environment, results)
    assert code == -signal.SIGKILL
    stored = {path: path.stat().st_mtime_ns for path in results.glob("runs/[0-9a-f]*/run.json")}
    done = subprocess.run([*BENCH, *command], env=bench_environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(predictions(results)) == 12
    assert predictions(finished).items() <= predictions(results).items()
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stored.items())
    assert "different environments" not in done.stdout
    wait_for_the_end_of(left)


def test_an_address_where_nobody_answers_is_an_error_before_the_first_run(
    digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = ["run", "--data", str(digit_data), *SMALL, "--executor", "ray", "--address", "127.0.0.1:9"]
    done = subprocess.run(
        [*BENCH, *command, "--results", str(tmp_path / "results")],
        env=bench_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "No Ray cluster answers at --address 127.0.0.1:9: Connection refused." in done.stderr
