"""Sounds that are no speech, made up: rooms, typing, music, a cough, a door. Float32 [T] at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from voxhumana.engine import Block

RATE_HZ = 16_000
Random = np.random.Generator


def room(seed: int, decay_s: float = 0.08, delay_s: float = 0.005) -> Block:
    """A response from loudspeaker to microphone: a direct sound, and noise that dies away."""
    noise = np.random.default_rng(seed).normal(0, 0.3, round(6 * decay_s * RATE_HZ))
    tail = noise * np.exp(-np.arange(len(noise)) / (decay_s * RATE_HZ))
    tail[0] = 1.0
    return np.concatenate([np.zeros(round(delay_s * RATE_HZ)), tail]).astype(np.float32)


def noise(random: Random, seconds: float, level_db: float = -40.0) -> Block:
    """Like a fan: noise that falls off to the treble."""
    return _level(lfilter([1.0], [1.0, -0.9], random.normal(0, 1, round(seconds * RATE_HZ))), level_db)


def click(random: Random) -> Block:
    """A key: 8 ms of a damped burst, and the case of the keyboard."""
    t = np.arange(round(0.05 * RATE_HZ)) / RATE_HZ
    burst = random.normal(0, 1, len(t)) * np.exp(-t / 0.003)
    return _peak(burst + 0.3 * np.sin(2 * np.pi * 180 * t) * np.exp(-t / 0.015), 0.2)


def door(random: Random) -> Block:
    """A thud below 150 Hz with a rattle behind it."""
    t = np.arange(round(0.5 * RATE_HZ)) / RATE_HZ
    thud = np.sin(2 * np.pi * 70 * t) * np.exp(-t / 0.08)
    return _peak(thud + 0.2 * random.normal(0, 1, len(t)) * np.exp(-t / 0.12), 0.5)


def cough(random: Random) -> Block:
    """Two bursts of shaped noise, as throats make them."""
    t = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    burst = lfilter([1, -0.95], [1, -1.2, 0.8], random.normal(0, 1, len(t))) * np.exp(-t / 0.06)
    return _peak(np.concatenate([burst, 0.6 * burst]), 0.3)


def typing(random: Random, seconds: float) -> Block:
    """Seven keys a second, with the pauses of somebody who thinks."""
    out = noise(random, seconds, -60.0)
    at = 0.0
    while (at := at + float(random.gamma(1.5, 0.1)) + (random.random() < 0.05) * 1.5) < seconds - 0.1:
        key = click(random)
        first = round(at * RATE_HZ)
        out[first : first + len(key)] += key * random.uniform(0.3, 1.0)
    return out


def music(random: Random, seconds: float) -> Block:
    """Chords with overtones and a beat, and a melody over them."""
    parts = list(_bars(random, seconds))
    return _level(np.concatenate(parts)[: round(seconds * RATE_HZ)], -26.0)


def _bars(random: Random, seconds: float) -> Iterator[npt.NDArray[np.float64]]:
    t = np.arange(RATE_HZ // 2) / RATE_HZ
    for beat in range(int(2 * seconds) + 1):
        root = 110 * 2 ** (int(random.choice([0, 5, 7, 9])) / 12)
        chord = sum(
            np.sin(2 * np.pi * root * step * overtone * t) / overtone
            for step in (1, 1.26, 1.5)
            for overtone in (1, 2, 3)
        )
        tune = np.sin(2 * np.pi * root * 4 * 2 ** (int(random.integers(0, 12)) / 12) * t) * np.exp(-t / 0.2)
        drum = random.normal(0, 1, len(t)) * np.exp(-t / (0.02 if beat % 2 else 0.06))
        yield chord * np.exp(-t / 0.4) + tune + drum


def _level(sound: npt.NDArray[np.float64], level_db: float) -> Block:
    rms = float(np.sqrt(np.mean(np.square(sound))))
    out: Block = (sound * 10 ** (level_db / 20) / rms).astype(np.float32)
    return out


def _peak(sound: npt.NDArray[np.float64], peak: float) -> Block:
    out: Block = (sound * peak / np.abs(sound).max()).astype(np.float32)
    return out
