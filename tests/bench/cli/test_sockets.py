"""Only weights, downloads and dashboards need a network: all else opens no socket, and runs without any."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlparse

import pytest
from huggingface_hub import constants
from processes import BENCH, SMALL, Bench
from trees import missing

HOOK = Path(__file__).parents[2] / "no_sockets"
HUB = urlparse(constants.ENDPOINT).hostname  # the processes are forked from one that has read it already
QUICK = (*SMALL[:-4], "--backbone", "test_resnet")
REPEATED = ("--repeats", "2", "--vary", "none", "--workers", "1", "--weights", "random")


def in_order(data: Path) -> list[list[str]]:
    """What the README shows, in small, but for the dashboard."""
    given = ["--data", str(data), *QUICK]
    return [
        ["data", "audit", str(data / "internal"), "--out", "audit"],
        ["run", *given, "--seeds", "2", "--workers", "2", "--save-models", "--results", "results"],
        ["run", *given, "--seeds", "2", "--workers", "1", "--save-models", "--results", "results"],
        ["report", "results", "--format", "html"],
        ["report", "results", "--format", "json"],
        ["explain", "results", "--cases", "random", "--number", "1"],
        ["search", *given, "--trials", "2", "--workers", "1", "--weights", "random", "--results", "searched"],
        ["nondeterminism", *given, *REPEATED, "--results", "repeated"],
        ["status", "results", "--verify"],
        ["verify", "results"],
    ]


def test_nothing_but_weights_asks_for_a_socket(
    bench: Bench, digit_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = tmp_path / "seen.txt"
    paths = os.pathsep.join(filter(None, [str(HOOK), os.environ.get("PYTHONPATH")]))
    offline = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "")
    watched = {"PYTHONPATH": paths, "SOCKETS_SEEN": str(seen)}
    commands = in_order(digit_data)
    for command in commands:
        done = bench(*command, **watched, **offline)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    lines = seen.read_text("utf-8").splitlines()
    processes = {line for line in lines if line.startswith("process ")}
    assert len(processes) >= len(commands) + 2  # two workers
    tries = [line for line in lines if line not in processes]
    assert tries == [f"socket.getaddrinfo {HUB} 443 0 1 0"]  # once: what was found then is kept in the folder


def test_a_machine_without_any_network_is_enough(digit_data: Path, tmp_path: Path, cache_root: Path) -> None:
    alone = ["unshare", "--net", "--"]
    if os.geteuid() != 0 or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
        missing("a network of its own needs root and unshare")
    given = ["--data", str(digit_data), *QUICK, "--backbone", "tf_efficientnet_lite0", "--workers", "1"]
    environment = {**os.environ, "GAPBENCH_CACHE": str(cache_root)}
    for command in (["run", *given, "--seeds", "1", "--results", "results"], ["report", "results", "--format", "json"]):
        call = [*alone, *BENCH, *command]
        done = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    assert '"weights": "ImageNet"' in done.stdout
    assert '"weights": "random"' in done.stdout
