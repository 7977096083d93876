"""The database: whole transactions, real deletion, revisions in one chain, and sentences for what breaks."""

import contextlib
import importlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text

from voxhumana.errors import VoxError
from voxhumana.library import database as module
from voxhumana.library.database import FILE, MIGRATIONS, Base, Database, revisions
from voxhumana.library.index import TagRow, VoiceRow

TABLES = ["voxhumana.library.index", "voxhumana.library.memory", "voxhumana.server.ledger"]
"""Modules that declare tables."""


def row(name, **more):
    plain = dict.fromkeys(("stamp", "title", "licence", "source", "consent", "origin", "added"), "x")
    return VoiceRow(name=name, audio_sha256="", voiceprint=b"", **plain | more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / FILE


@pytest.fixture
def database(path):
    database = Database(path)
    yield database
    database.close()


def names(database):
    with database.read() as session:
        return list(session.scalars(select(VoiceRow.name).order_by(VoiceRow.name)))


def test_a_commit_survives_closing_and_an_error_undoes_everything(database, path):
    with database.begin() as session:
        session.add(row("kept"))
    with contextlib.suppress(ZeroDivisionError), database.begin() as session:
        session.add(row("lost"))
        session.flush()
        _ = 1 / 0
    database.close()
    again = Database(path)
    assert names(again) == ["kept"]
    assert again.check() == []
    again.close()


def test_every_connection_is_safe_and_synced(database):
    with database.read() as session:
        told = {
            pragma: session.execute(text(f"PRAGMA {pragma}")).scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    full = 2
    assert told == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 10_000,
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_nobody_else_may_read_it(database, path):
    with database.begin() as session:
        session.add(row("x"))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_where_nothing_can_be_written_it_says_so_at_once_and_leaves_no_empty_file(path, monkeypatch):
    import resource

    monkeypatch.setattr(module.time, "sleep", lambda _: pytest.fail("waited for room that nobody makes"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(VoxError, match="free space"):
            Database(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not path.exists()
    Database(path).close()


def test_a_tag_goes_with_its_voice_and_never_stands_alone(database):
    with database.begin() as session:
        session.add(row("tagged", tags=[TagRow(tag="old")]))
    with database.begin() as session:
        session.execute(text("DELETE FROM voices"))
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM voice_tags")).scalar() == 0
    with pytest.raises(module.IntegrityError), database.begin() as session:
        session.add(TagRow(voice="nobody", tag="old"))


def test_what_is_deleted_is_in_no_file_any_more(database, path):
    secret = "a-secret-that-was-told"
    with database.begin() as session:
        session.add(row("x", title=secret * 500))
    with database.begin() as session:
        session.execute(text("DELETE FROM voices"))
    database.scrub()
    assert not [file for file in path.parent.iterdir() if secret.encode() in file.read_bytes()]


def test_a_backup_is_whole_while_somebody_writes(database, path):
    with database.begin() as session:
        session.add(row("before"))
    with database.begin() as session:
        session.add(row("during"))
        session.flush()
        database.backup(path.with_name("copy.db"))
    copy = Database(path.with_name("copy.db"))
    assert names(copy) == ["before"]
    copy.close()
    with pytest.raises(VoxError, match=r"cannot be written .*; free space"):
        database.backup(path / "in a file.db")


def test_writers_wait_for_each_other_and_none_is_lost(path):
    def add(worker):
        own = Database(path)  # all of them at once on a file that is not there yet
        for item in range(5):
            with own.begin() as session:
                count = len(session.scalars(select(VoiceRow)).all())
                session.add(row(f"{worker}-{item}", title=str(count)))
        own.close()

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database(path)
    with database.read() as session:
        counts = sorted(int(voice.title) for voice in session.scalars(select(VoiceRow)))
    database.close()
    assert counts == list(range(30))  # nobody wrote from a stale look


def test_who_holds_it_too_long_is_told(database, path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    other = Database(path)
    with database.begin(), pytest.raises(VoxError, match="another program holds it"), other.begin():
        pass
    other.close()


def test_the_revisions_are_one_chain_named_by_their_files():
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [revisions()[-1]]
    assert [s.revision for s in reversed(list(script.walk_revisions()))] == revisions()


def test_the_revisions_make_what_the_classes_say(database, path):
    for name in TABLES:
        importlib.import_module(name)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


@pytest.fixture
def older(path):
    """A database of one revision before this program's first, so to speak, with something in it."""
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE voice_tags")
        connection.execute("DROP TABLE voices")
        for table in ("talk_turns", "talks", "facts", "tokens"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("CREATE TABLE precious (word)")
        connection.execute("INSERT INTO precious VALUES ('kept')")
        connection.execute("DELETE FROM alembic_version")
    connection.close()
    return path


def precious(path):
    connection = sqlite3.connect(path)
    kept = connection.execute("SELECT word FROM precious").fetchall()
    connection.close()
    return kept


def test_an_older_one_is_brought_up_to_date_and_keeps_what_it_has(older):
    database = Database(older)
    assert names(database) == []
    database.close()
    assert precious(older) == [("kept",)]


def test_a_backup_is_made_before_the_tables_change(path, monkeypatch):
    Database(path).close()
    monkeypatch.setattr(module, "revisions", lambda: [*revisions(), "9999"])
    monkeypatch.setattr(module, "_upgrade", lambda _: None)
    Database(path).close()
    kept = path.with_name("voxhumana.before-9999.db")
    connection = sqlite3.connect(kept)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (revisions()[-1],)
    connection.close()


def test_a_failed_migration_leaves_everything_as_it_was(older, monkeypatch):
    def half(connection):
        connection.execute(text("CREATE TABLE half (x)"))
        connection.execute(text("DELETE FROM precious"))
        raise VoxError("power cut")

    monkeypatch.setattr(module, "_upgrade", half)
    with pytest.raises(VoxError, match="power cut"):
        Database(older)
    assert precious(older) == [("kept",)]


def test_one_from_a_newer_program_is_refused_and_not_touched(path):
    Database(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(VoxError, match=r"newer Vox Humana .*9999.*; update the program"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, b"\0" * 5000])
def test_a_file_that_is_no_database_is_one_sentence_and_stays(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(VoxError, match="restore a backup"):
        Database(path)
    assert path.read_bytes() == content


def test_a_folder_that_may_not_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(VoxError, match="another VOX_DATA_DIR"):
        Database(tmp_path / "file" / FILE)


def test_a_killed_writer_loses_its_open_transaction_and_nothing_else(path):
    code = f"""
import os, signal
from pathlib import Path
from sqlalchemy import text
from voxhumana.library.database import Database
database = Database(Path({str(path)!r}))
insert = "INSERT INTO voices VALUES (:n, '', '', '', '', '', '', '', '', '')"
with database.begin() as session:
    session.execute(text(insert), {{"n": "kept"}})
with database.begin() as session:
    session.execute(text(insert), {{"n": "lost"}})
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    database = Database(path)
    assert names(database) == ["kept"]
    assert database.check() == []
    database.close()
