"""The rows of the user's voices: an index over their folders, which are the truth; see `library.shelf`."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voxhumana.library.database import Base


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
    """How it came: `file`, `microphone`, `import`, or `hand` for a folder somebody made."""
    added: Mapped[str]
    """UTC, ISO 8601."""
    audio_sha256: Mapped[str] = mapped_column(index=True)
    """Of the reference sound; empty for a voice that is only settings."""
    voiceprint: Mapped[bytes]
    """float32 [256], little-endian; empty where there is no sound."""
    tags: Mapped[list[TagRow]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class TagRow(Base):
    """A word somebody gave a voice."""

    __tablename__ = "voice_tags"

    voice: Mapped[str] = mapped_column(ForeignKey("voices.name", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)
