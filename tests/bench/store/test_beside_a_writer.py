"""What is read and written in a results folder while another process writes there."""

import subprocess
import sys
from pathlib import Path

from bench.store.folder import ResultsFolder

WRITES = """
import sys
from pathlib import Path
from bench.store.folder import ResultsFolder
folder = ResultsFolder(Path(sys.argv[1]))
with folder.locked():
    print("ready", flush=True)
    for number in range(100):
        folder.files.write("tuned.json", f"[{number}]")
    print("done", flush=True)
"""


def test_a_file_that_is_replaced_while_it_is_checked_is_no_damage(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        files, found = ResultsFolder(tmp_path).files, []
        while writer.poll() is None:
            found.append(files.damage("tuned.json"))
        assert writer.returncode == 0
    assert len(found) > 100
    assert set(found) == {""}


def test_a_heartbeat_that_is_being_written_is_no_leftover(tmp_path: Path) -> None:
    unfinished, leftover = tmp_path / ".bench-host-1.tmp", tmp_path / ".cases.parquet.1.tmp"
    unfinished.touch()
    leftover.touch()
    with ResultsFolder(tmp_path).locked():
        assert (unfinished.exists(), leftover.exists()) == (True, False)
