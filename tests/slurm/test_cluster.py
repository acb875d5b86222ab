"""The cluster that other tests stand on: jobs give what was asked, and one of a lost node is begun again elsewhere."""

from pathlib import Path

from processes import wait_until
from slurm.cluster import LONGEST_ARRAY, Cluster


def test_jobs_of_an_array_give_what_was_asked_on_both_nodes(slurm: Cluster, tmp_path: Path) -> None:
    """Each waits until all three have begun, for which one node has too few processors."""
    begun = tmp_path / "begun"
    begun.mkdir()
    wait = f"touch {begun}/$SLURM_ARRAY_TASK_ID; until [ $(ls {begun} | wc -l) = {LONGEST_ARRAY} ]; do sleep 0.1; done"
    asked = f"{wait}; echo $SLURMD_NODENAME $((6 * SLURM_ARRAY_TASK_ID))"
    slurm.call("sbatch", "--wait", "--array", f"0-{LONGEST_ARRAY - 1}", "--output", f"{tmp_path}/%a", "--wrap", asked)
    said = [(tmp_path / str(task)).read_text().split() for task in range(LONGEST_ARRAY)]
    assert [int(number) for _, number in said] == [0, 6, 12]
    assert {node for node, _ in said} == {"one", "two"}


def test_nothing_listens_to_other_machines(slurm: Cluster) -> None:
    ours = Path(slurm.environment["SLURM_CONF"]).read_text()
    ports = {int(part.split("=")[1]) for part in ours.split() if part.startswith(("SlurmctldPort=", "Port="))}
    listening = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        address, port = local.split(":")
        if state == "0A":  # listening
            listening[int(port, 16)] = address
    assert {port: listening.get(port) for port in ports} == dict.fromkeys(ports, "0100007F")  # 127.0.0.1


def test_a_job_of_a_lost_node_is_begun_again_on_the_other(slurm: Cluster, tmp_path: Path) -> None:
    begun, on = tmp_path / "begun", tmp_path / "on"
    work = f"echo $SLURMD_NODENAME >> {begun}; until [ -e {on} ]; do sleep 0.1; done"
    slurm.call("sbatch", "--requeue", "--output", "/dev/null", "--wrap", work)
    wait_until(lambda: begun.exists() and bool(begun.read_text()), "the job to begin", 60)
    first = begun.read_text().strip()
    slurm.lose_node(first)
    try:
        wait_until(lambda: len(begun.read_text().split()) == 2, "the job to begin again", 180)
    finally:
        on.touch()
        slurm.start_node(first)
    assert begun.read_text().split() == [first, {"one": "two", "two": "one"}[first]]
    wait_until(lambda: set(slurm.states().values()) == {"idle"}, f"nodes to be idle: {slurm.states()}", 120)
