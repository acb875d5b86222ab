"""Storages that cannot be used say so at once, and never say a password."""

import sqlite3
import time
from pathlib import Path

import pytest
from plans import Open, plan
from sqlalchemy import event

from studies.errors import StorageLostError, StudyError
from studies.glance import glance
from studies.outcome import outcome
from studies.storage import forget, masked, open_storage, sqlite_url, without_password
from studies.study import open_study
from studies.worker import Scored, run_trials


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:s3cr3t@host/db",
        "postgresql+psycopg://anna:s3cr3t@host:5432/db?sslmode=require",
        "postgresql://anna@host/db?password=s3cr3t",
        "postgresql://anna:s3cr3t@host:port/db",
        "anna:s3cr3t",
        "x://anna:s3cr3t",
    ],
)
def test_passwords_are_masked(url: str) -> None:
    if url != "anna:s3cr3t":  # no URL at all: nothing says what of it would be a password
        assert "s3cr3t" not in masked(url)
    assert "s3cr3t" not in without_password(f"cannot reach {url}", url) or url == "anna:s3cr3t"


def test_an_unreachable_server_is_said_within_ten_seconds() -> None:
    started = time.monotonic()
    for address in ("127.0.0.1:1", "192.0.2.1"):  # nobody listens; nobody answers (RFC 5737)
        with pytest.raises(StorageLostError) as caught:
            open_storage(f"postgresql://anna:s3cr3t@{address}/db")
        assert "Nothing is lost" in str(caught.value)
        assert "s3cr3t" not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert time.monotonic() - started < 10
        started = time.monotonic()


@pytest.mark.parametrize("url", ["nonsense", "redis://anna:s3cr3t@host", "notes.txt", "://"])
def test_what_is_no_storage(url: str) -> None:
    with pytest.raises(StudyError, match="is no storage URL") as caught:
        open_storage(url)
    assert "s3cr3t" not in str(caught.value)


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises(StudyError, match="is damaged"):
        open_storage(sqlite_url(file))
    file.write_text("these are my notes, and no database at all " * 40)
    with pytest.raises(StudyError, match="is damaged"):
        open_storage(sqlite_url(file))
    assert file.read_text().startswith("these are my notes")


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be opened"):
        open_storage(sqlite_url(tmp_path / "absent" / "study.db"))


def test_a_locked_file_is_said_and_nothing_is_lost(study: Open, tmp_path: Path) -> None:
    opened = study()
    run_trials(opened, lambda params, watch: Scored(1.0), 2)
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    with pytest.raises(StorageLostError, match=r"locked|does not answer"):
        open_storage(sqlite_url(tmp_path / "study.db"))
    assert time.monotonic() - started < 12
    holder.execute("ROLLBACK")
    holder.close()
    again = study()
    assert outcome(again).count("complete") == 2


@pytest.mark.parametrize("name", ["why?", "a?b=c", "no#1", "100%", "a%41b", "Größe", "a b", "user:secret@host", "{x}"])
def test_a_study_lies_where_its_path_says(tmp_path: Path, name: str) -> None:
    """Signs that mean something in a URL, and mean nothing in a path."""
    places = (tmp_path / name, tmp_path / "neighbour")
    for number, place in enumerate(places, start=1):
        place.mkdir()
        url = sqlite_url(place / "study.db")
        storage = open_storage(url)
        run_trials(open_study(storage, url, plan()), lambda params, watch: Scored(1.0), number)
        forget(storage)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.db")}
    assert found == {f"{name}/study.db", "neighbour/study.db"}
    assert [sum(one.ended for one in glance(place / "study.db")) for place in places] == [1, 2]


def test_an_interrupt_while_a_connection_is_given_back_is_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLAlchemy logs it with a traceback before it raises it again."""
    storage = open_storage(sqlite_url(tmp_path / "study.db"), None)

    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    connection = storage.engine.connect()
    event.listen(storage.engine, "reset", interrupt)
    with pytest.raises(KeyboardInterrupt):
        connection.close()
    event.remove(storage.engine, "reset", interrupt)
    assert caplog.records == []
