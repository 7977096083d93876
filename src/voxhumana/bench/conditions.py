"""What a microphone may do to speech before it reaches the converter: one function a condition, seeded.

float32 [T] at 24 kHz -> the same, as recorded in worse circumstances
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader
from voxhumana.bench.judges import Array

Condition: TypeAlias = Callable[[Array], Array]

RATE_HZ = 24_000
NOISE_SNR_DB = 10.0
"""A laptop's fan, or a street through the window."""
QUIET_DB = -30.0
CLIPPED = 0.25
"""Share of the peak at which a hot microphone clips."""


def conditions(noise: Path) -> dict[str, Condition]:
    """By name; `noise` is a folder of recordings, with room responses in its `rir`, and manifest.tsv."""
    with (noise / "manifest.tsv").open(encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    rng = np.random.default_rng(0)
    rooms = [_read(noise / p) for p in paths if p.startswith("rir/")]
    noises = [_read(noise / p) for p in paths if not p.startswith("rir/")]
    noises = [n for n in noises if np.mean(n**2) > 1e-7]

    def noisy(sound: Array) -> Array:
        chosen = np.resize(noises[rng.integers(len(noises))], len(sound))
        power = np.mean(sound**2) / (np.mean(chosen**2) + 1e-9)
        mixed: Array = sound + chosen * np.float32(np.sqrt(power) * 10 ** (-NOISE_SNR_DB / 20))
        return mixed

    def reverberant(sound: Array) -> Array:
        room = rooms[rng.integers(len(rooms))]
        size = len(sound) + len(room)
        wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(room, size), size)[: len(sound)]
        scaled: Array = (wet * np.sqrt(np.mean(sound**2) / (np.mean(wet**2) + 1e-9))).astype(np.float32)
        return scaled

    def faint(sound: Array) -> Array:
        return sound * np.float32(10 ** (QUIET_DB / 20))

    def clipped(sound: Array) -> Array:
        peak = CLIPPED * float(np.abs(sound).max())
        return np.clip(sound, -peak, peak)

    return {"noise 10 dB": noisy, "room": reverberant, "30 dB quieter": faint, "clipped": clipped}


def whispered(sound: Array) -> Array:
    """Speech without a voice: each moment's spectrum filled with noise (a short-time phase scramble)."""
    size, hop = 512, 128
    window = np.hanning(size).astype(np.float32)
    padded = np.pad(sound, (size, 2 * size))
    rng = np.random.default_rng(0)
    out = np.zeros(len(padded), np.float32)
    for at in range(0, len(padded) - size, hop):
        bins = np.fft.rfft(padded[at : at + size] * window)
        turned = np.abs(bins) * np.exp(2j * np.pi * rng.random(len(bins)))
        out[at : at + size] += (np.fft.irfft(turned, size) * window / 1.5).astype(np.float32)
    return out[size : size + len(sound)]


def _read(path: Path) -> Array:
    with SoundReader(path) as file:
        sound = file.read(file.rate_hz * 30)
        resampled: Array = soxr.resample(sound, file.rate_hz, RATE_HZ)
    return resampled
