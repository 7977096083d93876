"""The user's database: one SQLite file for what people would not want to lose, and only on this machine.

    database = Database(data_dir / FILE)      opens, makes or migrates it
    with database.begin() as session: ...     one writing transaction: all of it or nothing
    with database.read() as session: ...      one consistent look

Any thread, any number of processes. A crash or a power cut loses at most the open transaction: the journal is
a write-ahead log that is synced at every commit. What is deleted is overwritten (`secure_delete`).

To add a table:

1. A class on `Base`, in the file of the noun that it stores, with that noun's own queries.
2. A revision in `migrations/versions/`: the next number and a word, `0002_talks.py`, with
   `revision = "0002"`, `down_revision = "0001"` and `upgrade()` by `alembic.op`. Write tables out, import
   nothing of ours: a revision stays as it was when the classes move on. There is no way down but the backup.
3. `tests/test_database.py` holds that the revisions are one chain and that they make what the classes say;
   name your module there, in `TABLES`.

Importing this takes SQLAlchemy's 0.2 s: import it where it is used, never from the live path or the commands'
top level. Alembic is imported only to migrate.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session

from voxhumana.errors import VoxError

FILE = "voxhumana.db"
"""Its name in the data folder."""
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_S = 10.0
"""How long a writer waits for another; our longest transaction is a migration."""
LEAST_BYTE = 0xFF
"""Of an extended result code of SQLite: the result; the others say which sort of it."""
BEGIN = "vox_begin"
"""Execution option: with which statement a transaction starts."""


class Base(DeclarativeBase):
    """What every table's class derives from."""


class Database:
    """An open database, migrated to this program's revision.

    Args:
        path: The file; its folder is made where it is missing.

    Raises:
        VoxError: It cannot be opened, is no database, or belongs to a newer program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._refusing(), _created(path):
            self._readers = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE_S})
            event.listen(self._readers, "connect", _prepare)
            event.listen(self._readers, "begin", _begin)
            self._writers: Engine = self._readers.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            try:
                self._migrate()
            except BaseException:
                self.close()
                raise

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """A writing transaction: committed at the end of the block, undone if it raises.

        The lock is taken at its start, so that what was read in it is still true when it is written.

        Raises:
            VoxError: Another program holds it for too long, the disk is full, or the file is damaged.
        """
        with self._refusing(), Session(self._writers, expire_on_commit=False) as session, session.begin():
            session.connection()  # the lock is taken here, not at the first statement
            yield session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A look at one moment's state; never waits for a writer.

        Raises:
            VoxError: The file is damaged.
        """
        with self._refusing(), Session(self._readers, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    def scrub(self) -> None:
        """Empty the write-ahead log, which else keeps what was deleted until it is next reused.

        Call it after deleting what somebody wanted gone.
        """
        with self._refusing(), contextlib.closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def backup(self, to: Path) -> None:
        """Write a whole copy, consistent while others write; `to` is replaced at once or not at all.

        Raises:
            VoxError: There is no room or no right to write there.
        """
        draft = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            with (
                _created(draft),
                contextlib.closing(self._connect()) as source,
                contextlib.closing(sqlite3.connect(draft)) as copy,
            ):
                source.backup(copy)
            _sync(draft)
            draft.replace(to)
        except (OSError, sqlite3.Error) as error:
            raise VoxError(f"{to} cannot be written ({_why(error)}); free space or name another.") from error
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()

    def check(self) -> list[str]:
        """What is wrong inside, a line each; nothing when all is well.

        Raises:
            VoxError: It is so damaged that it cannot even be looked through.
        """
        with self.read() as session:
            inner = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check"))]
            lost = session.execute(text("PRAGMA foreign_key_check")).all()
        problems = [line for line in inner if line != "ok"]
        return problems + [f"row {row[1]} of {row[0]} points to nothing in {row[2]}" for row in lost]

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._readers.dispose()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=PATIENCE_S)

    def _migrate(self) -> None:
        """Bring the tables to the newest revision, in one transaction, after a backup of what is there."""
        known = revisions()
        with self._readers.connect() as connection:
            if (found := _revision(connection)) == known[-1]:
                return
        if found is not None and found in known:
            self.backup(self.path.with_name(f"{self.path.stem}.before-{known[-1]}{self.path.suffix}"))
        with self._writers.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")  # a table that is rebuilt must not take others along
            try:
                with connection.begin():
                    found = _revision(connection)  # another process may have been first
                    if found is not None and found not in known:
                        raise VoxError(
                            f"The database {self.path} was made by a newer Vox Humana (revision {found}, "
                            f"this one knows {known[-1]}); update the program, or name another VOX_DATA_DIR."
                        )
                    if found != known[-1]:
                        _upgrade(connection)
                        if lost := connection.execute(text("PRAGMA foreign_key_check")).all():
                            raise VoxError(
                                f"The database {self.path} cannot be brought up to date ({len(lost)} rows "
                                "point to nothing); it was left as it was: restore a backup."
                            )
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn what SQLite refuses into a sentence; a broken constraint is the caller's to explain."""
        try:
            yield
        except IntegrityError:
            raise
        except (DatabaseError, sqlite3.Error, OSError) as error:
            why = _why(error)
            if "locked" in why:
                todo = "another program holds it: close that one and try again"
            elif "not a database" in why or "malformed" in why:
                todo = "move it away and restore a backup, or start afresh without it"
            else:
                todo = "free space, mend its rights, or name another VOX_DATA_DIR"
            raise VoxError(f"The database {self.path} cannot be used ({why}); {todo}.") from error


def revisions() -> list[str]:
    """The numbers of the revisions that this program knows, oldest first, read off their file names."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*_*.py"))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # 0.1 s, and hardly ever needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    """The revision of the tables that are there; None for a new file."""
    there = connection.execute(text("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'")).first()
    found = connection.execute(text("SELECT version_num FROM alembic_version")).first() if there else None
    return str(found[0]) if found else None


@contextlib.contextmanager
def _created(path: Path) -> Iterator[None]:
    """Make the file, for its owner only; the log beside it gets the same rights from SQLite.

    Where nothing could be written into it, as the disk is full, it does not stay.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        yield
        return
    try:
        yield
    except (DatabaseError, sqlite3.Error) as error:
        if "locked" not in _why(error):
            with contextlib.suppress(OSError):
                if path.stat().st_size == 0:
                    path.unlink()
        raise


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a connection (SQLite's documentation of its pragmas says what each is for)."""
    connection.isolation_level = None  # no BEGIN of the driver's own; see `_begin`
    connection.execute(f"PRAGMA busy_timeout={round(PATIENCE_S * 1000)}")
    until_s = time.monotonic() + PATIENCE_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:  # two at once on a new file: this step ignores the timeout
            if error.sqlite_errorcode & LEAST_BYTE != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            time.sleep(0.01)
    connection.execute(
        "PRAGMA synchronous=FULL"
    )  # with a log, NORMAL may lose the last commits to a power cut
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get(BEGIN, "BEGIN")))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return " ".join(str(getattr(error, "orig", None) or error).split()).lower()
