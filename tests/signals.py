"""Synthetic sound for tests: float32 [T], full scale +-1.0, the same at every call."""

from functools import cache

import numpy as np


def silence(seconds, rate_hz):
    return np.zeros(int(seconds * rate_hz), np.float32)


def sine(hz, seconds, rate_hz, peak=0.5):
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def noise(seconds, rate_hz, rms=0.1, seed=0):
    return (rms * np.random.default_rng(seed).standard_normal(int(seconds * rate_hz))).astype(np.float32)


def speech(seconds, rate_hz, seed=0):
    """Vowels of gliding pitch (90-220 Hz) in uneven syllables with pauses and a little breath; peak 0.5."""
    return _speech(seconds, rate_hz, seed).copy()


@cache
def _speech(seconds, rate_hz, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    f0_hz = 150 * 2 ** (0.4 * np.sin(2 * np.pi * 0.7 * t + seed) + 0.1 * np.sin(2 * np.pi * 2.3 * t))
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate_hz
    voiced = sum(
        _formants(k * f0_hz) * np.sin(k * phase + k) * (k * f0_hz < 0.45 * rate_hz) for k in range(1, 31)
    )
    breath = 0.03 * rng.standard_normal(len(t))
    edges = np.cumsum(rng.uniform(0.05, 0.25, int(seconds * 20) + 4))
    syllables = np.interp(
        t, edges, np.where(np.arange(len(edges)) % 3 == 2, 0.0, rng.uniform(0.3, 1, len(edges)))
    )
    x = syllables * (voiced / np.abs(voiced).max() + breath)
    return (0.5 * x / np.abs(x).max()).astype(np.float32)


def _formants(hz):
    """The vowel of 'father': resonances at 700, 1,200 and 2,600 Hz over a falling source."""
    return sum(
        g / (1 + ((hz - f) / b) ** 2) for f, b, g in ((700, 90, 1.0), (1200, 110, 0.5), (2600, 160, 0.2))
    ) + (30 / (hz + 100))
