"""The file that holds the state: opened, migrated, and set aside where it is damaged."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tunesmith.errors import UserError

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE plans (
        key TEXT PRIMARY KEY,
        created REAL NOT NULL,
        script_hash TEXT NOT NULL,
        params TEXT NOT NULL,
        plan TEXT NOT NULL,
        spec TEXT NOT NULL,
        choices TEXT NOT NULL
    );
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        engine TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        remote_id TEXT,
        namespace TEXT NOT NULL,
        plan TEXT,
        stage TEXT NOT NULL,
        log TEXT NOT NULL,
        name TEXT NOT NULL,
        script TEXT NOT NULL,
        flavor TEXT,
        message TEXT,
        url TEXT,
        created REAL NOT NULL,
        started REAL,
        finished REAL,
        exit_code INTEGER,
        UNIQUE (engine, endpoint, namespace, remote_id)
    );
    CREATE INDEX jobs_by_time ON jobs (created);
    CREATE TABLE consents (script_hash TEXT PRIMARY KEY, given REAL NOT NULL);
    CREATE TABLE choices (script TEXT PRIMARY KEY, made REAL NOT NULL, choices TEXT NOT NULL);
    """,
    """
    CREATE TABLE sent_schedules (key TEXT PRIMARY KEY, sent REAL NOT NULL);
    """,
)
"""What makes each version of the schema of the one before. Never change one that was released."""

_BUSY_MS = 5000
_BESIDE = ("", "-wal", "-shm")


class StateError(UserError):
    """The state cannot be read or written."""


class DamagedError(Exception):
    """The file is no database, or not a whole one."""


def open_database(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """The database in a file, of the schema of today.

    Returns:
        It, and what users should know if an old one was damaged.

    Raises:
        StateError: it was written by a newer Tunesmith, or cannot be opened or written.
    """
    try:
        return _open(path), None
    except DamagedError as error:
        aside = _set_aside(path)
        note = (
            f"{path} was damaged ({error}) and is kept as {aside.name}; jobs on Hugging Face come "
            "back with `tunesmith jobs ps --refresh`"
        )
        return _open(path), note


def _open(path: Path) -> sqlite3.Connection:
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
    try:
        with translated(path):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DamagedError(found)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StateError(
            f"{path} is of version {version}, and this Tunesmith knows {len(MIGRATIONS)}: a newer "
            "one wrote it",
            "update Tunesmith, or set TUNESMITH_STATE to another folder",
        )
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {migration}; PRAGMA user_version = {number}; COMMIT;"
        )


@contextmanager
def translated(path: Path) -> Generator[None, None, None]:
    """Say in words what SQLite refuses.

    Raises:
        DamagedError, StateError: instead of its own errors.
    """
    try:
        yield
    except sqlite3.Error as error:
        if type(error) is sqlite3.DatabaseError:  # the others have classes of their own
            raise DamagedError(str(error)) from None
        raise StateError(
            f"cannot keep state in {path}: {error}",
            "free space on its disk and make it writable, then try again",
        ) from None


def _set_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.damaged-{stamp}-{number}" for number in count(1))
    aside = next(each for each in map(path.with_name, names) if not each.exists())
    for suffix in reversed(_BESIDE):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.replace(f"{aside}{suffix}")
    return aside
