"""What the shelf knows of a voice beside the voice itself: when and how it came, and how to know it again.

It lies in the voice's folder as `card.json`. A folder that somebody made by hand needs none.
"""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voxhumana.errors import VoxError

FILE = "card.json"
LARGEST = 1 << 16
"""Bytes; a card has 3 kB."""

Origin = Literal["file", "microphone", "import", "hand"]


class Card(BaseModel):
    """One voice's card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    id: str = Field(default_factory=lambda: uuid.uuid4().hex, pattern=r"^[0-9a-f]{32}$")
    """Stays when the voice is renamed."""
    added: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    origin: Origin = "hand"
    """How it came: from a sound file, a microphone, another shelf, or by hand."""
    real: bool = True
    """Whether a person speaks, who must have agreed."""
    audio_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Of the reference sound's samples (`reference.digest`); empty for a voice that is only settings."""
    print: str = Field(default="", max_length=2048)
    """The voiceprint, base64 of little-endian float32 [256]; empty where there is no sound."""
    renamed_from: str = Field(default="", max_length=64)
    """Name of the folder that this one takes the place of; see `library.folder.sweep`."""

    @property
    def voiceprint(self) -> npt.NDArray[np.float32] | None:
        """Unit float32 [256]."""
        return np.frombuffer(base64.b64decode(self.print), "<f4") if self.print else None


def encode(voiceprint: npt.NDArray[np.float32] | None) -> str:
    """A voiceprint as `Card.print` has it."""
    return "" if voiceprint is None else base64.b64encode(voiceprint.astype("<f4").tobytes()).decode()


def read(folder: Path) -> Card | None:
    """The card in a folder; None where there is none.

    Raises:
        VoxError: It is damaged.
    """
    path = folder / FILE
    try:
        if not path.exists():
            return None
        if path.stat().st_size > LARGEST:
            raise VoxError(f"{path} is larger than a card can be; remove it.")
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise VoxError(
            f"{path} is damaged; remove it, and the voice is taken for one made by hand."
        ) from error
