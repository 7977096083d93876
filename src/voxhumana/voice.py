"""A voice: plain data that can be saved, shared and shown. The shelf (`library.shelf`) keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _printable(text: str) -> str:
    """Refuse what would move a terminal's cursor."""
    if not all(letter.isprintable() or letter in "\n\t" for letter in text):
        raise ValueError("control characters are not words")
    return text


Words = Annotated[str, Field(max_length=2000), AfterValidator(_printable)]
"""What people read."""


class Voice(BaseModel):
    """Who is speaking, and what each engine needs to speak so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    """The word people type."""
    title: Words
    """The name people read."""
    character: Words
    """One line of character."""
    persona: Words = ""
    """What the assistant is told to be when it speaks in this voice; empty = its title and character."""
    language: Words = "en"
    """BCP 47 tag of the voice's own language."""
    licence: Words
    """SPDX identifier, or words."""
    source: Words
    """Where it comes from."""
    consent: Words = ""
    """For real people: who agreed, and to what."""
    tags: tuple[Annotated[str, Field(pattern=r"^[\w-]{1,32}$")], ...] = Field(default=(), max_length=32)
    """Words to find it by."""
    pitch_semitones: float = 0.0
    """Preferred shift, added to what the user asks for."""
    gain_db: float = Field(default=0.0, ge=-24, le=24)
    """Preferred level change, whichever engine speaks: so much louder than the microphone, or the speech."""
    engines: dict[str, dict[str, Any]]
    """Engine name -> that engine's settings; the first is preferred."""
    folder: Path | None = Field(default=None, exclude=True)
    """Where files named in `engines` lie; None for a voice that is only settings."""

    @property
    def gain(self) -> float:
        """The factor of that level change."""
        return float(10 ** (self.gain_db / 20))
