"""Scenes in which nobody speaks: silence, noise, music, typing, and recordings of whatever there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader
from voxhumana.bench import sounds
from voxhumana.bench.cast import Cast, Row
from voxhumana.bench.rehearsal import RATE_HZ, rehearse
from voxhumana.engine import Block
from voxhumana.errors import UsageError

ENDINGS = {".opus", ".ogg", ".wav", ".flac", ".mp3"}
LONGEST_S = 120
"""Heard of each recording."""


def nobody(cast: Cast, seconds: float, folders: Sequence[Path]) -> Iterator[Row]:
    """Listen to what is no speech, for so long each; no turn and no word should come of it.

    Args:
        cast: Whose ears listen.
        seconds: Of each scene; recordings that are shorter begin again.
        folders: Of recordings; each is a scene.

    Raises:
        UsageError: A folder has no recordings.
    """
    random = np.random.default_rng(9)
    scenes = {
        "silence": np.zeros(round(seconds * RATE_HZ), np.float32),
        "noise, made up": sounds.noise(random, seconds),
        "music, made up": sounds.music(random, seconds),
        "typing, made up": sounds.typing(random, seconds),
    }
    for folder in folders:
        scenes[f"recordings: {folder.name}"] = recorded(folder, seconds)
    for name, sound in scenes.items():
        heard = rehearse(sound, None, cast.detector, cast.transcriber, cast.reply)
        words = " / ".join(heard.understood)
        yield {"what": name, "seconds": len(sound) / RATE_HZ, "turns": len(heard.said), "words": words}


def recorded(folder: Path, seconds: float) -> Block:
    """The recordings in a folder one after the other, over and over, float32 [T] at 16 kHz.

    Raises:
        UsageError: There are none.
    """
    parts = []
    for path in sorted(p for p in folder.glob("*") if p.suffix.lower() in ENDINGS):
        with SoundReader(path) as file:
            sound = file.read(file.rate_hz * LONGEST_S)
            parts.append(soxr.resample(sound, file.rate_hz, RATE_HZ))
    if not parts:
        raise UsageError(f"There are no recordings in {folder}; name a folder of sound files.")
    return np.resize(np.concatenate(parts), round(seconds * RATE_HZ)).astype(np.float32)
