"""The rows of the user's voices: an index over their folders, which are the truth. It can always be rebuilt.

    with changing(data_dir) as index:      one writer on this machine; leftovers of killed ones are swept
        ...change folders...               what is asked of `index` is true until the end
                                           at the end the rows follow the folders, and are committed

A writer killed between folder and row leaves a row that does not match: the next one to look mends it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from voxhumana.errors import VoxError
from voxhumana.library import card, folder, shelf
from voxhumana.library.card import Card
from voxhumana.library.database import FILE, Base, Database


class VoiceRow(Base):
    """A voice as its folder has it."""

    __tablename__ = "voices"

    name: Mapped[str] = mapped_column(primary_key=True)
    stamp: Mapped[str]
    """State of the folder when this was read from it; another state: read it again."""
    title: Mapped[str]
    licence: Mapped[str]
    source: Mapped[str]
    consent: Mapped[str]
    origin: Mapped[str]
    """See `Card.origin`."""
    added: Mapped[str]
    """UTC, ISO 8601."""
    audio_sha256: Mapped[str] = mapped_column(index=True)
    """See `Card.audio_sha256`."""
    voiceprint: Mapped[bytes]
    """float32 [256], little-endian; empty where there is no sound."""
    tags: Mapped[list[TagRow]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class TagRow(Base):
    """A word somebody gave a voice."""

    __tablename__ = "voice_tags"

    voice: Mapped[str] = mapped_column(ForeignKey("voices.name", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)


class Index:
    """What can be asked about the user's voices while nobody else changes them.

    Args:
        session: An open writing transaction.
        voices: The folder of the voices' folders.
    """

    def __init__(self, session: Session, voices: Path) -> None:
        self._session = session
        self._voices = voices

    def same(self, audio_sha256: str) -> list[str]:
        """Names of the voices with this very sound."""
        rows = select(VoiceRow.name).where(VoiceRow.audio_sha256 == audio_sha256).order_by(VoiceRow.name)
        return list(self._session.scalars(rows)) if audio_sha256 else []

    def alike(self, voiceprint: npt.NDArray[np.float32]) -> list[tuple[str, float]]:
        """The voices with a voiceprint and their likeness to this one, likest first."""
        rows = self._session.execute(select(VoiceRow.name, VoiceRow.voiceprint)).all()
        known = [(name, np.frombuffer(data, "<f4")) for name, data in rows if data]
        return sorted(((name, float(own @ voiceprint)) for name, own in known), key=lambda found: -found[1])

    def follow(self) -> None:
        """Bring the rows to what the folders say."""
        there = {row.name: row for row in self._session.scalars(select(VoiceRow))}
        now = {shelf.name_of(path): path for path in shelf.files(self._voices)}
        for name in there.keys() - now.keys():
            self._session.delete(there[name])
        for name, path in now.items():
            stamp = _stamp(path)
            if name not in there or there[name].stamp != stamp:
                row = _row(path, stamp)
                if name in there:
                    self._session.delete(there[name])
                    self._session.flush()
                if row:
                    self._session.add(row)
        self._session.flush()


@contextlib.contextmanager
def changing(data_dir: Path, forget: bool = False) -> Iterator[Index]:
    """Be the one who changes the user's voices, on this machine, while the block lasts.

    Args:
        data_dir: The user's data folder.
        forget: What is deleted shall not even stay in the database's log.

    Raises:
        VoxError: The database cannot be used, or somebody else is changing them for too long.
    """
    database = Database(data_dir / FILE)
    voices = data_dir / "voices"
    with contextlib.closing(database):
        with database.begin() as session:
            index = Index(session, voices)
            folder.sweep(voices)
            index.follow()
            yield index
            index.follow()
        if forget:
            database.scrub()


def _row(path: Path, stamp: str) -> VoiceRow | None:
    """What a voice's folder says; None when it says nothing that can be read."""
    try:
        voice = shelf.read(path)
        known = (card.read(path.parent) if voice.folder else None) or Card(added=_changed(path))
    except VoxError:
        return None
    return VoiceRow(
        name=voice.name,
        stamp=stamp,
        title=voice.title,
        licence=voice.licence,
        source=voice.source,
        consent=voice.consent,
        origin=known.origin,
        added=known.added.isoformat(),
        audio_sha256=known.audio_sha256,
        voiceprint=b"" if known.voiceprint is None else known.voiceprint.tobytes(),
        tags=[TagRow(tag=tag) for tag in sorted(set(voice.tags))],
    )


def _stamp(path: Path) -> str:
    """Changes whenever `voice.yaml` or the card does."""
    parts = [path, path.parent / card.FILE] if path.name == folder.VOICE else [path]
    states = [part.stat() for part in parts if part.exists()]
    return " ".join(f"{state.st_mtime_ns}:{state.st_size}" for state in states)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
