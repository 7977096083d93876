"""Whose voice a cloning engine takes on: the recording that a voice of the shelf keeps, or a sound file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader
from voxhumana.engine import Block
from voxhumana.errors import UsageError
from voxhumana.voice import Voice

FILE = "reference.flac"
"""What the shelf calls it, in a voice's folder."""
LONGEST_S = 30.0
"""XTTS reads 30 s at most (coqui-tts, `max_ref_len`), and Pocket TTS is cut there too."""
SHORTEST_S = 1.0
"""coqui-tts refuses less than 0.33 s, and advises 3 s or more."""


def of(voice: Voice | None) -> Path | None:
    """The recording of this voice; None for one that is only settings."""
    if voice is None or voice.folder is None:
        return None
    path = voice.folder / FILE
    return path if path.is_file() else None


def read(path: Path, rate_hz: int) -> Block:
    """The sound, float32 [T] at `rate_hz`, its first 30 s.

    Raises:
        UsageError: It is not there, or too short.
        VoxError: It is no sound.
    """
    with SoundReader(path) as file:
        sound = file.read(round(LONGEST_S * file.rate_hz))
        if len(sound) < SHORTEST_S * file.rate_hz:
            raise UsageError(f"{path} is too short to learn a voice from; 6 to 30 s of speech is good.")
        out: Block = soxr.resample(sound, file.rate_hz, rate_hz)
    return np.clip(out, -1, 1)


def digest(sound: Block, *more: object) -> str:
    """A name for what was computed from `sound` and `more`, to be found again under."""
    told = hashlib.sha256(sound.tobytes())
    told.update(repr(more).encode())
    return told.hexdigest()
