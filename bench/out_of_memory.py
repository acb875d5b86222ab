"""Whether the system has killed processes for want of memory. Reads the system's counters."""

from pathlib import Path

SYSTEM = Path("/")
_WORD = "oom_kill "


def memory_kills(system: Path = SYSTEM) -> int | None:
    """How many processes were killed so far: of this process's control group, else of the machine.

    None where the system does not say. https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
    """
    return next((found for file in _counters(system) if (found := _count(file)) is not None), None)


def more_memory_kills(before: int | None) -> bool:
    """Whether there are more than there were `before`; False where the system does not say."""
    now = memory_kills()
    return before is not None and now is not None and now > before


def _counters(system: Path) -> list[Path]:
    """Files that may count them, the nearest first: of a group (version 2, then 1), of the machine."""
    groups = system / "sys/fs/cgroup"
    found = list[Path]()
    for line in _lines(system / "proc/self/cgroup"):
        _, controllers, place = line.split(":", 2)
        if not controllers:
            found += [groups / place.lstrip("/") / "memory.events", groups / "memory.events"]
        elif "memory" in controllers.split(","):
            memory = groups / "memory"
            found += [memory / place.lstrip("/") / "memory.oom_control", memory / "memory.oom_control"]
    return [*found, system / "proc/vmstat"]


def _count(file: Path) -> int | None:
    return next((int(line[len(_WORD) :]) for line in _lines(file) if line.startswith(_WORD)), None)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
