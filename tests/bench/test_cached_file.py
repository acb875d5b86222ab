"""Files of the cache are whole or not there, are not believed when they were changed, and leave nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import wait_until

from bench.cached_file import DamagedFileError, claimed, read_sealed, remove_leftovers, write_sealed, written

CONTENT = b"what was computed" * 20


def temporaries(folder: Path) -> list[Path]:
    return list(folder.glob("*/*.tmp"))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_sealed(tmp_path / "one") is None
    write_sealed(tmp_path / "one", CONTENT)
    assert read_sealed(tmp_path / "one") == CONTENT
    write_sealed(tmp_path / "one", b"")
    assert read_sealed(tmp_path / "one") == b""
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_every_flip_cut_and_new_name_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "one"
    write_sealed(file, CONTENT)
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(len(whole))] + [whole + b"\0", b"\0" * len(whole)]
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        damaged.append(bytes(flipped))
    for content in damaged:
        file.write_bytes(content)
        with pytest.raises(DamagedFileError, match="one is damaged"):
            read_sealed(file)
    (tmp_path / "two").write_bytes(whole)
    with pytest.raises(DamagedFileError, match="two is damaged"):
        read_sealed(tmp_path / "two")


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    write_sealed(tmp_path / "one", CONTENT)

    def fail() -> None:
        with written(tmp_path / "one") as temporary:
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert read_sealed(tmp_path / "one") == CONTENT
    assert len(list(tmp_path.iterdir())) == 1


def test_leftovers_go_when_their_process_is_gone_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "pixels").mkdir()
    code = (
        "import sys, time, pathlib; from bench.cached_file import claimed\n"
        "with claimed(pathlib.Path(sys.argv[1])) as file: file.write_bytes(b'half'); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pixels" / "array")])
    try:
        wait_until(lambda: any(path.stat().st_size for path in temporaries(tmp_path)), "the other process to write")
        remove_leftovers(tmp_path)
        assert len(temporaries(tmp_path)) == 1  # it is at work
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    remove_leftovers(tmp_path)
    assert temporaries(tmp_path) == []


def test_own_work_and_what_else_lies_there_stays(tmp_path: Path) -> None:
    (tmp_path / "pixels").mkdir()
    for name in ("array.npy", "elsewhere.other-host.12.tmp", "array.npy.77.tmp"):
        (tmp_path / "pixels" / name).write_bytes(b"half")
    with claimed(tmp_path / "pixels" / "mine") as mine:
        remove_leftovers(tmp_path)
        assert mine.exists()
    remaining = {path.name for path in (tmp_path / "pixels").iterdir()}
    assert remaining == {"array.npy", "elsewhere.other-host.12.tmp", "array.npy.77.tmp"}
    for path in (tmp_path / "pixels").iterdir():  # untouched since 1970
        os.utime(path, (0, 0))
    remove_leftovers(tmp_path)
    assert [path.name for path in (tmp_path / "pixels").iterdir()] == ["array.npy"]


def test_claiming_and_removing_at_once_loses_nothing(tmp_path: Path) -> None:
    """A process that removes leftovers as fast as it can, beside one that writes."""
    (tmp_path / "pixels").mkdir()
    code = (
        "import sys, pathlib; from bench.cached_file import remove_leftovers\n"
        "print('ready', flush=True)\n"
        "while True: remove_leftovers(pathlib.Path(sys.argv[1]))"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            for number in range(300):
                content = np.int64(number).tobytes()
                write_sealed(tmp_path / "pixels" / "one", content)
                assert read_sealed(tmp_path / "pixels" / "one") == content
        finally:
            process.kill()
    assert temporaries(tmp_path) == []
