"""`bench` in processes of its own that are forked from one which has imported everything: seconds less for each.

Everything else is as in a process that the shell starts: arguments, environment, working folder, streams, signals and
exit codes. What the pool of workers or a shell's start is about runs as `processes.BENCH` instead.
"""

import io
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PRODUCT = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("bench", "backbones", "studies", "reports")
    for file in sorted((ROOT / package).rglob("*.py"))
    if file.stem != "__main__"
]
LATE = ["altair", "vl_convert", "alembic.command", "pyarrow.dataset"]  # imported by what calls them
SECONDS = 300

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([*PRODUCT, *LATE])


def warm_bench(arguments: Sequence[str | Path], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run `bench` with arguments to its end; a process that takes too long is killed."""
    command = [str(one) for one in arguments]
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    with TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdout", "stderr")]
        process = start_warm(command, environment, streams)
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, SECONDS)
        stdout, stderr = (one.read_text(encoding) for one in streams)
    return subprocess.CompletedProcess(["bench", *command], process.exitcode, stdout, stderr)


def start_warm(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    streams: Sequence[Path],
    *,
    before: Callable[[], object] | None = None,
    start: Callable[[], object] | None = None,
) -> BaseProcess:
    """Begin `bench` with arguments; what it prints goes into two files.

    before: done first in its process; start: called in place of its `main`.
    """
    given = (before, start, [*arguments], dict(environment), str(Path.cwd()), *map(str, streams))
    process = _server.Process(target=_run, args=given)
    process.start()
    return process


def _run(
    before: Callable[[], object] | None,
    start: Callable[[], object] | None,
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
    *streams: str,
) -> None:
    """In the forked process: become `bench`."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for place in environment.get("PYTHONPATH", "").split(os.pathsep):
        if place and (file := Path(place, "sitecustomize.py")).is_file():
            runpy.run_path(str(file))
            break
    for number, stream in enumerate(streams, start=1):
        file = os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding, errors)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    sys.argv = ["bench", *arguments]
    from bench.cli import main

    if before:
        before()
    try:
        (start or main)()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
