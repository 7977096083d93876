"""A voice: plain data that can be saved, shared and shown. The shelf (`library.shelf`) keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Voice(BaseModel):
    """Who is speaking, and what each engine needs to speak so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    """The word people type."""
    title: str
    """The name people read."""
    character: str
    """One line of character."""
    language: str = "en"
    """BCP 47 tag of the voice's own language."""
    licence: str
    """SPDX identifier, or words."""
    source: str
    """Where it comes from."""
    consent: str = ""
    """For real people: who agreed, and to what."""
    pitch_semitones: float = 0.0
    """Preferred shift, added to what the user asks for."""
    gain_db: float = 0.0
    """Preferred level change."""
    engines: dict[str, dict[str, Any]]
    """Engine name -> that engine's settings; the first is preferred."""
    folder: Path | None = Field(default=None, exclude=True)
    """Where files named in `engines` lie; None for a voice that is only settings."""
