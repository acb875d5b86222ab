"""A PostgreSQL server of the test's own, in a temporary folder, on 127.0.0.1. Starts and ends processes."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trees import missing

USER, DATABASE = "anna", "gapbench"


class Server:
    """Started as an ordinary user, since PostgreSQL refuses to run as root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self.password = f"pw-{secrets.token_hex(12)}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def create(self) -> None:
        secret = self._folder / "secret"
        secret.write_text(self.password)
        secret.chmod(0o644)
        self._run("initdb", "-D", self._folder / "data", "-U", USER, "--pwfile", secret, "-A", "scram-sha-256", "-N")
        self.start()
        environment = {**os.environ, "PGPASSWORD": self.password}
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", USER, DATABASE, env=environment)

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._folder / "data", "-l", self._folder / "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: object, env: dict[str, str] | None = None) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with (self._folder / "said").open("w+") as said:  # a server keeps a pipe open as long as it lives
            done = subprocess.run(
                [*as_user, *command], env=env, cwd=self._folder, stdout=said, stderr=subprocess.STDOUT, check=False
            )
            said.seek(0)
            text = said.read()
        assert done.returncode == 0, f"{program}: {text}"


@contextmanager
def postgresql() -> Iterator[Server]:
    """A running server; skips where Debian's binaries are not there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL's server is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="gapbench-pg-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = Server(found[-1].parent, folder)
        server.create()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
