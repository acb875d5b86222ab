"""The system's counters of processes that were killed for want of memory."""

from pathlib import Path

import pytest

from bench.out_of_memory import memory_kills, more_memory_kills


def put(root: Path, place: str, text: str) -> None:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


EVENTS = "low 0\nhigh 3\nmax 7\noom 2\noom_kill {}\noom_group_kill 9\n"


@pytest.mark.parametrize(
    ("group", "file", "text"),
    [
        ("0::/jobs/one\n", "sys/fs/cgroup/jobs/one/memory.events", EVENTS),
        ("0::/\n", "sys/fs/cgroup/memory.events", EVENTS),  # a container sees its own group as the root
        ("0::/../other\n", "sys/fs/cgroup/memory.events", EVENTS),
        (
            "4:cpu,memory:/jobs\n0::/\n",
            "sys/fs/cgroup/memory/jobs/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n",
        ),
        ("0::/\n", "proc/vmstat", "pgfault 12\noom_kill {}\n"),
        ("", "proc/vmstat", "oom_kill {}\n"),
    ],
)
def test_the_nearest_counter_is_read(tmp_path: Path, group: str, file: str, text: str) -> None:
    put(tmp_path, "proc/vmstat", "oom_kill 99\n")
    put(tmp_path, "proc/self/cgroup", group)
    put(tmp_path, file, text.format(4))
    assert memory_kills(tmp_path) == 4


def test_a_system_that_does_not_say_is_none(tmp_path: Path) -> None:
    assert memory_kills(tmp_path) is None


@pytest.mark.skipif(not Path("/proc/vmstat").exists(), reason="only Linux counts them")
def test_this_system_says(tmp_path: Path) -> None:
    now = memory_kills()
    assert now is not None
    assert not more_memory_kills(now)
    assert more_memory_kills(now - 1)
    assert not more_memory_kills(None)
