"""`bench dashboard` on a finished study, seen by a browser."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import browser_page
from processes import INTERRUPTIBLE, Bench
from searches import Searched


@contextmanager
def dashboard(environment: dict[str, str], *arguments: str | Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address that it prints, and the process."""
    process = subprocess.Popen(
        [*INTERRUPTIBLE, "dashboard", *map(str, arguments)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        found = next((match for line in process.stdout if (match := re.search(r"http://\S+", line))), None)
        assert found is not None, process.communicate()
        yield found[0], process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def listening(port: int) -> set[str]:
    """Local addresses, as /proc/net/tcp has them, on which somebody listens at the port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:] + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}


def test_a_browser_finds_trials_intermediate_values_and_importance(
    searched: Searched, bench_environment: dict[str, str]
) -> None:
    with dashboard(bench_environment, searched.results) as (address, process):
        port = int(address.split(":")[2].split("/")[0])
        assert listening(port) == {"0100007F"}  # 127.0.0.1 alone
        with browser_page() as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(address)
            page.get_by_text("test_resnet").first.wait_for(timeout=30_000)
            page.goto(f"{address}studies/1")
            page.get_by_text("Hyperparameter Importance").first.wait_for(timeout=30_000)
            page.get_by_text("Intermediate values").first.wait_for(timeout=30_000)
            page.goto(f"{address}studies/1/trials")
            page.get_by_text("Trial 3").first.wait_for(timeout=30_000)
            page.get_by_text("fold_scores").first.wait_for(timeout=30_000)
            page.goto(f"{address}studies/1/note")
            page.get_by_text("Research use only, never for diagnosis").first.wait_for(timeout=30_000)
            assert asked
            assert all(url.startswith((address.partition("/dashboard")[0], "data:", "blob:")) for url in asked)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
        assert (process.returncode, error) == (0, "")
        assert time.monotonic() - started < 5


def test_a_taken_port_and_another_host(searched: Searched, bench: Bench, bench_environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = bench("dashboard", searched.results, "--port", str(taken.getsockname()[1]))
        assert refused.returncode == 2
        assert "cannot be used" in refused.stderr
    with dashboard(bench_environment, searched.results, "--host", "127.0.0.2") as (address, process):
        assert address.startswith("http://127.0.0.2:")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
        assert "Warning: on 127.0.0.2 everybody" in error


def test_no_study(bench: Bench, tmp_path: Path) -> None:
    done = bench("dashboard", tmp_path)
    assert done.returncode == 2
    assert "holds no study.db" in done.stderr
