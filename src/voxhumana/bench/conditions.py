"""What a microphone may do to speech before it reaches the converter: one function a condition, seeded.

float32 [T] at 24 kHz -> the same, as recorded in worse circumstances
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from voxhumana.bench import manifest
from voxhumana.bench.contender import convert
from voxhumana.bench.judges import Array
from voxhumana.bench.speech import read
from voxhumana.library.shelf import BUILT_IN
from voxhumana.library.shelf import read as read_voice
from voxhumana.registry import load_converter

Condition: TypeAlias = Callable[[Array], Array]

NOISE_SNR_DB = 10.0
"""A laptop's fan, or a street through the window."""
SILENT = 1e-7
"""Power, of recordings that are left out."""
QUIET_DB = -30.0
CLIPPED = 0.25
"""Share of the peak at which a hot microphone clips."""


def recordings(folder: Path, *, rooms: bool) -> list[Array]:
    """The room responses that `manifest.tsv` lists, which lie in `rir`, or else what is no speech."""
    paths = [row["path"] for row in manifest.rows(folder, "path")]
    found = [read(folder / path) for path in paths if path.startswith("rir/") == rooms]
    return [sound for sound in found if rooms or np.mean(sound**2) > SILENT]


def conditions(noise: Path) -> dict[str, Condition]:
    """By name; `noise` is a folder of recordings, with room responses in its `rir`, and manifest.tsv."""
    rng = np.random.default_rng(0)
    responses, noises = recordings(noise, rooms=True), recordings(noise, rooms=False)

    def noisy(sound: Array) -> Array:
        chosen = np.resize(noises[rng.integers(len(noises))], len(sound))
        power = np.mean(sound**2) / (np.mean(chosen**2) + 1e-9)
        mixed: Array = sound + chosen * np.float32(np.sqrt(power) * 10 ** (-NOISE_SNR_DB / 20))
        return mixed

    def reverberant(sound: Array) -> Array:
        room = responses[rng.integers(len(responses))]
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


def childlike() -> Condition:
    """An imitation of a child: pitch and vocal tract as the crafted voice `child` has them."""
    engine, voice = load_converter("dsp"), read_voice(BUILT_IN / "child.yaml")
    return lambda sound: convert(engine, voice, sound)[0]
