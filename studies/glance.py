"""How far the studies of a SQLite file are, at a glance: without Optuna, whose import takes seconds. Reads the file."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studies.errors import StudyError

_TRIALS = """
SELECT s.study_name, t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete,
  (SELECT count(*) FROM trial_params p WHERE p.trial_id = t.trial_id),
  (SELECT value_json FROM trial_user_attributes u WHERE u.trial_id = t.trial_id AND u.key = 'error'),
  (SELECT count(*) FROM trial_user_attributes u WHERE u.trial_id = t.trial_id AND u.key = 'surplus'),
  (SELECT value_json FROM trial_system_attributes a WHERE a.trial_id = t.trial_id AND a.key = 'retry_history')
FROM studies s LEFT JOIN trials t ON t.study_id = s.study_id ORDER BY s.study_id, t.number
"""


_TABLES = frozenset(
    {f"trial_{what}" for what in ("user_attributes", "system_attributes", "params", "values", "intermediate_values")}
    | {f"study_{what}" for what in ("directions", "user_attributes", "system_attributes")}
    | {"studies", "trials", "trial_heartbeats", "version_info", "alembic_version"}
)
"""Those that Optuna makes, one after the other, before it writes the first study."""


@dataclass(frozen=True)
class Failed:
    """A trial that failed by its own fault."""

    number: int
    error: str


@dataclass
class Glance:
    """A study's trials. Those tried again after their process died count once, `lost` says how many there were.

    seconds: the sum of what complete and pruned trials took.
    """

    name: str
    complete: int = 0
    pruned: int = 0
    running: int = 0
    waiting: int = 0
    lost: int = 0
    failed: list[Failed] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ended(self) -> int:
        return self.complete + self.pruned + len(self.failed)


def glance(file: Path) -> list[Glance]:
    """The studies of a file, the oldest first. Never writes, and waits for nobody.

    Raises:
        StudyError: the file is no database of Optuna, or another process has it locked.
    """
    try:
        rows = _rows(file)
    except sqlite3.Error as error:
        raise StudyError(f"The study {file} cannot be read: {error}.") from None
    again = {(row[0], number) for row in rows if row[9] for number in json.loads(row[9])}
    studies: dict[str, Glance] = {}
    for row in rows:
        one = studies.setdefault(row[0], Glance(row[0]))
        if row[1] is not None and not row[8]:
            _count(one, row, again)
    return list(studies.values())


def _rows(file: Path) -> list[Any]:
    """What a process has half written before it was killed is taken back in a copy: here nothing is ever written."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            return _read(connection)
    except sqlite3.OperationalError:
        journal = file.with_name(f"{file.name}-journal")
        if not journal.is_file():
            raise
        with TemporaryDirectory() as folder:
            copy = Path(shutil.copy(file, folder))
            shutil.copy(journal, folder)
            with closing(sqlite3.connect(copy, timeout=1.0)) as connection:
                return _read(connection)


def _read(connection: sqlite3.Connection) -> list[Any]:
    """The trials; none where Optuna was killed before it had made all tables, which the next search makes."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [] if there < _TABLES else list(connection.execute(_TRIALS))


def _count(one: Glance, row: Sequence[object], again: set[tuple[str, int]]) -> None:
    _, _, number, state, started, ended, params, error, *_ = row
    assert isinstance(number, int)
    if (one.name, number) in again or (state == "FAIL" and not params):
        one.lost += 1
    elif state == "RUNNING":
        one.running += 1
    elif state == "WAITING":
        one.waiting += 1
    elif state == "FAIL":
        one.failed.append(Failed(number, str(json.loads(str(error))) if error else "its process ended"))
    else:
        one.complete += state == "COMPLETE"
        one.pruned += state == "PRUNED"
        one.seconds += max(0.0, (_time(ended) - _time(started)).total_seconds())  # a clock may have been set back


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
