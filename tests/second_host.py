"""A second machine on one folder: a process with a host name and process numbers of its own, and a wrong clock.

It is a real process in namespaces of Linux. Its lock is hidden from the other by taking away the file of the lock, as
file systems do that keep locks to each machine.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trees import missing

HOST = "another-host"
BEGIN = """
import sys, time
real, ahead = time.time, float(sys.argv[2])
time.time = lambda: real() + ahead
from pathlib import Path
import bench.store.beat
from bench.store.folder import ResultsFolder
bench.store.beat.BEAT = 0.2
root = Path(sys.argv[1])
folder = ResultsFolder(root)
"""
HOLD = """
with folder.locked(command="bench run") as heartbeat:
    (root / ".lock").unlink()
    print("ready", flush=True)
    sys.stdin.readline()
    heartbeat.tell(workers=3)
"""
COUNT = """
for _ in range(8):
    (root / ".lock").unlink(missing_ok=True)
    with folder.locked(wait=120, command="bench run"):
        before = int((root / "count").read_text())
        time.sleep(0.01)
        (root / "count").write_text(str(before + 1))
"""


def host_command(code: str, root: Path, *, ahead: float = 0.0, name: str = HOST) -> list[str]:
    """What starts Python with `code` on the second machine; skips where none can be made."""
    own = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0 or subprocess.run([*own, "true"], capture_output=True, check=False).returncode != 0:
        missing("a second host needs root and namespaces of its own (unshare)")
    named = ["sh", "-c", 'hostname "$1" && shift && exec "$@"', "sh", name]
    return [*own, *named, sys.executable, "-c", BEGIN + code, str(root), str(ahead)]


@contextmanager
def second_host(root: Path, *, ahead: float = 0.0, name: str = HOST) -> Iterator["subprocess.Popen[str]"]:
    """It has the folder until it gets a line; its clock is so many seconds ahead."""
    command = host_command(HOLD, root, ahead=ahead, name=name)
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()  # before its input ends, by which it would leave the folder
        process.communicate()
