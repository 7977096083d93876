"""The sound a voice is learned from: read from any files, kept as 16-bit FLAC, known again by its samples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError

FILE = "reference.flac"
"""Its name in a voice's folder."""
HIGHEST_HZ = 48_000
"""More holds nothing that an engine hears."""
HIGHEST_READ_HZ = 192_000
"""More is no recording's rate; FLAC can claim 655,350, and memory grows with it."""
LONGEST_S = 240.0
"""Read of each file; an hour's recording is no mistake, but its first minutes are enough."""
KEPT_S = 90.0
"""Read of what the shelf keeps, which holds 60 s at most, unless somebody made it by hand."""
MAGIC = b"fLaC"


def load(paths: Sequence[Path], longest_s: float = LONGEST_S) -> tuple[Block, int]:
    """The files one after the other, float32 [T], and their rate in Hz: the highest among them, to 48 kHz.

    Args:
        paths: The files.
        longest_s: Read of each.

    Raises:
        UsageError: No file, or one is not there.
        VoxError: One is no sound, or damaged.
    """
    if not paths:
        raise UsageError("Name at least one sound file to learn the voice from.")
    parts = []
    for path in paths:
        with SoundReader(path) as file:
            if file.rate_hz > HIGHEST_READ_HZ:
                raise VoxError(f"{path} claims {file.rate_hz} samples a second; save it at 48000.")
            parts.append((file.read(int(longest_s * file.rate_hz)), file.rate_hz))
    rate_hz = min(HIGHEST_HZ, max(own_hz for _, own_hz in parts))
    return np.concatenate([resampled(part, own_hz, rate_hz) for part, own_hz in parts]), rate_hz


def read(folder: Path) -> tuple[Block, int] | None:
    """The sound kept in a voice's folder; None where there is none.

    Raises:
        VoxError: It is damaged, or no FLAC.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:  # FFmpeg would guess at anything else, playlists among it
            raise VoxError(f"{path} is not a FLAC file; remove the voice and add it again.")
    return load([path], KEPT_S)


def write(folder: Path, sound: Block, rate_hz: int) -> None:
    """Keep the sound; what `quantized` gave comes back to the bit."""
    with SoundWriter(folder / FILE, rate_hz) as file:
        file.write(sound)


def quantized(sound: Block) -> Block:
    """The sound as 16 bits hold it, float32."""
    return (np.clip(np.round(sound * 32768), -32768, 32767) / 32768).astype(np.float32)


def digest(sound: Block, rate_hz: int) -> str:
    """SHA-256 of the samples as 16 bits, whatever file they came in."""
    samples = np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2")
    return hashlib.sha256(rate_hz.to_bytes(4, "little") + samples.tobytes()).hexdigest()


def resampled(sound: Block, rate_hz: int, to_hz: int) -> Block:
    """The sound at another rate."""
    if rate_hz == to_hz or not len(sound):
        return sound
    out: Block = soxr.resample(sound, rate_hz, to_hz).astype(np.float32)
    return out
