"""Groups of processes that together may use so much memory and no more, as clusters and containers make them.

Writes to /sys/fs/cgroup, which needs root. https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import wait_until
from trees import missing

GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryGroup:
    """`under` is what starts a command inside of it."""

    place: Path
    first: bool  # version 1

    @property
    def under(self) -> list[str]:
        return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.place)]

    @property
    def most(self) -> int:
        """Bytes that its processes, those that have ended too, used together at the most."""
        return int((self.place / ("memory.max_usage_in_bytes" if self.first else "memory.peak")).read_text())

    @property
    def killed(self) -> int:
        """How many of its processes the system has killed for it."""
        counts = (self.place / ("memory.oom_control" if self.first else "memory.events")).read_text()
        return int(next(line.split()[1] for line in counts.splitlines() if line.startswith("oom_kill ")))


@contextmanager
def memory_group(name: str, limit: int | None = None) -> Iterator[MemoryGroup]:
    """A group with a limit in bytes; skips where none can be made."""
    first = (GROUPS / "memory").is_dir()
    place = (GROUPS / "memory" if first else GROUPS) / name
    try:
        place.mkdir()
        if limit is not None:
            (place / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        group = MemoryGroup(place, first)
        assert group.most >= 0
    except OSError as error:
        if place.is_dir():
            place.rmdir()
        missing(f"to limit the memory of processes needs root and control groups ({error})")
    try:
        yield group
    finally:
        wait_until(lambda: not (place / "cgroup.procs").read_text(), f"the processes of {place} to end", 30)
        place.rmdir()
