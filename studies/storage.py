"""Where trials are kept: SQLite or a database server. Opens connections."""

import logging
import re
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from studies.errors import StorageLostError, StudyError
from studies.retry import retry

CONNECT_SECONDS = 10
MISSED_BEATS = 3

T = TypeVar("T")


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file, whatever signs its path has."""
    return URL.create("sqlite", database=str(file.resolve())).render_as_string(hide_password=False)


def masked(url: str) -> str:
    """`url` as it may be shown: *** for the password, wherever it stands."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r"//.*@", "//***@", url) if "@" in url else re.sub(r"//.*", "//…", url)
    query = {key: "***" if "pass" in key.lower() else value for key, value in parsed.query.items()}
    return parsed.set(query=query).render_as_string(hide_password=True)


def without_password(text: str, url: str) -> str:
    """`text` with every occurrence of the URL's password replaced."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return text.replace(url, masked(url))
    secrets = [parsed.password, *(value for key, value in parsed.query.items() if "pass" in key.lower())]
    text = text.replace(url, masked(url))
    for secret in secrets:
        if secret:
            text = text.replace(str(secret), "***")
    return text


def open_storage(url: str, heartbeat: int | None = None) -> RDBStorage:
    """Connect to `url` within `CONNECT_SECONDS`, making the tables where they are missing.

    heartbeat: seconds between signs of life of a running trial; after `MISSED_BEATS` of them without one, a trial
    counts as lost and is tried again.

    Raises:
        StudyError: no such kind of database, a file that is none or is locked, no driver.
        StorageLostError: a server that does not answer or lets nobody in.
    """
    parsed = _parsed(url)
    options: dict[str, object] = {"timeout": CONNECT_SECONDS}
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        options = {"connect_timeout": CONNECT_SECONDS // 2, "tcp_user_timeout": CONNECT_SECONDS * 1000}
    elif parsed.get_backend_name() != "sqlite":
        options = {}

    def connect() -> RDBStorage:
        storage = RDBStorage(
            parsed.render_as_string(hide_password=False),
            engine_kwargs={"connect_args": options, "pool_pre_ping": True},
            heartbeat_interval=heartbeat,
            grace_period=None if heartbeat is None else MISSED_BEATS * heartbeat,
            heartbeat_stale_trial_callback=retry,
        )
        if parsed.get_backend_name() == "sqlite":
            _complete_indexes(storage)
        return storage

    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # which shows an interrupt as it passes through
    with translated(url):
        return _within(CONNECT_SECONDS - 1, partial(_while_others_create, connect), url)


def _complete_indexes(storage: RDBStorage) -> None:
    """Make those that a killed process has not: SQLite keeps the tables before them, of which Optuna then thinks that
    they are whole. Without one, two processes that begin at once would each make the study."""
    for table in BaseModel.metadata.tables.values():
        for index in table.indexes:
            index.create(storage.engine, checkfirst=True)


@contextmanager
def quiet() -> Iterator[None]:
    """No notes of Optuna on experimental parts inside: this package pins what it uses by tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Errors of the database as `StudyError`, without its password; `quiet` inside."""
    try:
        with quiet():
            yield
    except ImportError as error:
        absent = error.__cause__ if isinstance(error.__cause__, ImportError) else error  # Optuna hides which one it is
        raise StudyError(
            f"The storage {masked(url)} needs the Python package {absent.name}, which is not installed. "
            f"Install it; for PostgreSQL: pip install 'gapbench[postgres]'."
        ) from None
    except (StorageInternalError, SQLAlchemyError) as error:
        raise _explained(url, error) from None
    except UnboundLocalError as error:  # Optuna trips over what stops it while it tells a trial's end
        _raise_what_stopped(error)
        raise _explained(url, _behind(error)) from None
    except AssertionError as error:  # Optuna does not find a trial again that it has just written
        _raise_what_stopped(error)
        if not _raised_in_optuna(error):
            raise
        raise StorageLostError(
            f"The storage {masked(url)} does not hold what was written to it: its disk may be full. {_ADVICE}"
        ) from None
    except RuntimeError as error:  # a study of another version of Optuna
        raise StudyError(f"The storage {masked(url)} cannot be used: {without_password(str(error), url)}") from None


def _raised_in_optuna(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).is_relative_to(Path(optuna.__file__).parent)


def _while_others_create(connect: Callable[[], T]) -> T:
    """Several processes that begin at once all want to make the tables; those that come second try again."""
    for pause in (0.2, 0.5, 1.0, 2.0):
        try:
            return connect()
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            if not any(text in str(error).lower() for text in ("already exists", "duplicate key", "unique constraint")):
                raise
            time.sleep(pause)
    return connect()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (SQLAlchemyError, ValueError, ModuleNotFoundError):
        raise StudyError(
            f"{masked(url)} (--storage) is no storage URL. Give one such as sqlite:////path/study.db or "
            f"postgresql://user@host/database."
        ) from None
    return parsed


def _within(seconds: float, action: Callable[[], T], url: str) -> T:
    """The result of `action`, or an error after `seconds`: name look-ups know no time limit of their own."""
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(action())
        except BaseException as error:  # raised again below, in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise StorageLostError(f"The storage {masked(url)} does not answer within {CONNECT_SECONDS} s. {_ADVICE}")
    return results[0]


_ADVICE = (
    "Nothing is lost: trials that have finished are in the database, runs in trials/. Check the server and the URL "
    "(--storage), or the disk, then give the same command again."
)


def _behind(error: BaseException) -> Exception:
    """The storage's error in the context of another.

    Raises:
        BaseException: `error` itself, where there is none.
    """
    for behind in _contexts(error):
        if isinstance(behind, StorageInternalError | SQLAlchemyError):
            return behind
    raise error


def _raise_what_stopped(error: BaseException) -> None:
    """Raise the interrupt in whose handling Optuna tripped, if that is how it was."""
    for behind in _contexts(error):
        if not isinstance(behind, Exception):
            raise behind from None


def _contexts(error: BaseException) -> Iterator[BaseException]:
    behind = error.__context__
    while behind is not None:
        yield behind
        behind = behind.__context__


def _explained(url: str, error: Exception) -> StudyError:
    cause: BaseException = error
    while cause.__cause__ is not None and isinstance(cause.__cause__, Exception):
        cause = cause.__cause__
    said = " ".join(without_password(str(getattr(cause, "orig", None) or cause), url).split())
    place = masked(url)
    if not url.startswith("sqlite"):
        return StorageLostError(f"The storage {place} cannot be reached: {said}. {_ADVICE}")
    if "locked" in said:
        return StorageLostError(
            f"The study {place} is locked by another process for more than {CONNECT_SECONDS} s. Nothing is lost; "
            f"close what has it open, then give the same command again. Many processes are better served by PostgreSQL."
        )
    if any(text in said for text in ("not a database", "malformed", "no such column", "Multiple rows", "UNIQUE")):
        return StudyError(
            f"The study {place} is damaged: {said}. Restore the file from a copy, or move it away to begin a new "
            f"study; runs in trials/ are kept and used again."
        )
    if "disk is full" in said or "disk I/O error" in said:
        return StorageLostError(f"The study {place} cannot be written to: {said}. {_ADVICE}")
    return StudyError(
        f"The study {place} cannot be opened: {said}. Check that its folder exists and can be written to."
    )


def forget(storage: RDBStorage) -> None:
    """Close the connections of this thread."""
    storage.remove_session()
    storage.engine.dispose()


optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what a user must know is said by those who called
