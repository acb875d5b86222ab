"""Studies of plain functions, in SQLite files."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plans import Open, plan

from studies.storage import open_storage, sqlite_url
from studies.study import OpenStudy, open_study


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where the machine has such a folder: SQLite waits for the disk at each of many small writes."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="gapbench-", dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def study(tmp_path: Path) -> Open:
    """Open a study of `SPACE`, or with other parts of a plan; the same file within a test."""

    def opened(*, new: bool = False, heartbeat: int | None = None, **changes: Any) -> OpenStudy:
        url = sqlite_url(tmp_path / "study.db")
        return open_study(open_storage(url, heartbeat), url, plan(**changes), new=new)

    return opened
