"""A Slurm cluster of the test's own: a controller and two nodes on 127.0.0.1. Starts and ends processes.

The daemons run as root, in the foreground, so that each is a child of the test and ends by its id. Both nodes are this
machine, under two names and ports. See slurm.conf(5) of Slurm 22.05 for the entries.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from processes import wait_until
from trees import missing

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "sinfo", "scancel", "scontrol")
NODES = ("one", "two")
PARTITION = "all"
LONGEST_ARRAY = 3  # less than the jobs of a test
CONFIGURATION = f"""\
ClusterName=gapbench
SlurmctldHost={{host}}(127.0.0.1)
SlurmctldPort={{controller}}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={{folder}}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={{folder}}/state
SlurmdSpoolDir={{folder}}/spool-%n
SlurmctldPidFile={{folder}}/slurmctld.pid
SlurmdPidFile={{folder}}/%n.pid
SlurmctldLogFile={{folder}}/slurmctld.log
SlurmdLogFile={{folder}}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=2
MinJobAge=3600
MaxArraySize={LONGEST_ARRAY}
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=1000\n"
PARTITIONS = f"PartitionName={PARTITION} Nodes={','.join(NODES)} Default=YES MaxTime=60 State=UP\n"


class Cluster:
    """`environment` lets Slurm's commands, and what calls them, find it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: Mapping[str, str] = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self) -> None:
        """Start everything and wait until both nodes can be given jobs."""
        (self._folder / "state").mkdir()
        self._write_configuration()
        self._start_munge()
        self._daemon("slurmctld", "slurmctld", "-D")
        for name in NODES:
            self.start_node(name)
        self._wait(lambda: self.states() == dict.fromkeys(NODES, "idle"), "nodes to be idle", 60)

    def stop(self) -> None:
        """End all jobs, then all daemons."""
        if "slurmctld" in self._daemons:
            self._try("scancel", "--user", "root")
            with suppress(AssertionError):  # those of a lost node may not
                wait_until(lambda: not self._try("squeue", "--noheader"), "jobs to end", 20)
        for name in NODES:
            self._kill_jobs(name)
        for name in reversed(list(self._daemons)):
            self._end(name)

    def start_node(self, name: str) -> None:
        """Start a node, at first or after it was lost."""
        (self._folder / f"spool-{name}").mkdir(exist_ok=True)
        self._daemon(name, "slurmd", "-D", "-N", name)

    def lose_node(self, name: str) -> None:
        """End a node with all that runs there, and say that it is down, as the controller finds after some silence.

        Jobs that may be requeued are, once `cred_expire` is over.
        """
        self._end(name)  # first: a node that answers is taken back into service
        self.call("scontrol", "update", f"nodename={name}", "state=down", "reason=lost")
        self._kill_jobs(name)

    def _kill_jobs(self, name: str) -> None:
        for pid in self._of_jobs(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _of_jobs(self, name: str) -> Iterator[int]:
        """Processes of jobs on a node, by what Slurm has put into their environment."""
        wanted = {f"SLURMD_NODENAME={name}".encode(), f"SLURM_CONF={self.environment['SLURM_CONF']}".encode()}
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted <= set(path.read_bytes().split(b"\0")):
                    yield int(path.parent.name)

    def states(self) -> dict[str, str]:
        """Of each node, such as idle, alloc, down."""
        lines = self._try("sinfo", "--noheader", "--Node", "--format", "%N %T").splitlines()
        return dict(line.split() for line in lines)

    def call(self, *command: str) -> str:
        """What a command of Slurm prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}{self._logs()}"
        return done.stdout

    def _try(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def _write_configuration(self) -> None:
        host, (controller, *ports) = socket.gethostname(), _free_ports(1 + len(NODES))
        nodes = [NODE.format(name=name, host=host, port=port) for name, port in zip(NODES, ports, strict=True)]
        text = CONFIGURATION.format(host=host, controller=controller, folder=self._folder)
        (self._folder / "slurm.conf").write_text(text + "".join(nodes) + PARTITIONS)

    def _start_munge(self) -> None:
        key, place = self._folder / "munge.key", self._folder / "munge.socket"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        files = {"key": key, "log": self._folder / "munge.log", "pid": self._folder / "munge.pid"}
        named = [f"--{name}-file={path}" for name, path in files.items()]
        seed = f"--seed-file={self._folder / 'munge.seed'}"
        self._daemon("munge", "munged", "--foreground", f"--socket={place}", *named, seed)
        self._wait(place.exists, "munged to listen", 30)

    def _daemon(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.said").open("ab") as said:
            self._daemons[name] = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    def _end(self, name: str) -> None:
        daemon = self._daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        try:
            wait_until(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}{self._logs()}") from None

    def _logs(self) -> str:
        """The last lines that each daemon has said."""
        said = {file.name: file.read_text(errors="replace")[-1000:] for file in self._folder.glob("*.said")}
        return "".join(f"\n{name}:\n{text}" for name, text in sorted(said.items()))


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; skips where Debian's programs are not there."""
    if absent := [name for name in PROGRAMS if shutil.which(name) is None]:
        missing(f"Slurm is not installed: no {', '.join(absent)} (apt-get install slurmctld slurmd slurm-client munge)")
    if os.geteuid() != 0:
        missing("a Slurm cluster needs root")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gapbench-slurm-"))  # short: names of sockets may not be long
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # munged wants a socket that every user can reach
        made = Cluster(folder)
        stack.callback(made.stop)
        made.start()
        yield made


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
