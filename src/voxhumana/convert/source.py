"""Source-filter synthesis: a pulse train and noise, each through a filter that changes every 10 ms.

    F0 [Hz], voicing and two log envelopes [2, 80] every 10 ms -> float32 [240] at 24 kHz, at once

    sound    |   hop 0   |   hop 1   |   hop 2   |
    filters              0           1           2     node n stands at the end of hop n;
    weights     ↗ 0       ↘ 0 ↗ 1     ↘ 1 ↗ 2          within a hop the last node fades out, its own fades in

Filters are minimum-phase, so nothing sounds before its cause and the synthesis adds no delay. The harmonics
are equally strong and in phase before the filter; their power per hertz does not depend on the pitch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RATE_HZ = 24_000
HOP = 240
FFT = 1024
"""A filter may ring for 784 samples, 33 ms."""
BANDS = 80
TOP_HZ = 12_000.0


CENTRES_HZ = 700 * (10 ** (np.linspace(0, np.log10(1 + TOP_HZ / 700), BANDS)) - 1)
"""Where the bands of an envelope stand: at equal steps of the mel scale (O'Shaughnessy's)."""
_BINS_HZ = np.linspace(0, RATE_HZ / 2, FFT // 2 + 1)
SPREAD = np.stack([np.interp(_BINS_HZ, CENTRES_HZ, row) for row in np.eye(BANDS)]).astype(np.float32)
"""[80, 513]: straight lines between the bands."""
FOLD = np.concatenate([[1], np.full(FFT // 2 - 1, 2), [1], np.zeros(FFT // 2 - 1)]).astype(np.float32)
"""Folds a real cepstrum onto its causal half: minimum phase (Oppenheim and Schafer, ch. 13)."""
RISE = (0.5 - 0.5 * np.cos(np.pi * np.arange(HOP) / HOP)).astype(np.float32)
PART = (np.arange(1, HOP + 1) / HOP).astype(np.float32)


class SourceFilter:
    """One voice's synthesis; holds phase, the last filter and what still rings."""

    def __init__(self, seed: int = 0) -> None:
        self._noise = np.random.default_rng(seed)
        self._phase = 0.0
        self._f0, self._voiced = 120.0, 0.0
        self._filters = np.zeros((2, FFT // 2 + 1), np.complex64)
        self._ringing = np.zeros(FFT, np.float32)

    def render(self, envelopes: Array, f0: float, voiced: float) -> Array:
        """The next 10 ms, float32 [240], for log envelopes [2, 80]; `f0` is kept where `voiced` is 0."""
        f0 = f0 if voiced > 0 else self._f0
        sources = np.stack([self._pulses(f0, voiced), self._noise.standard_normal(HOP, np.float32)])
        filters = np.exp(np.fft.rfft(np.fft.irfft(envelopes @ SPREAD, FFT) * FOLD)).astype(np.complex64)
        fading = np.fft.rfft(sources * (1 - RISE), FFT) * self._filters
        coming = np.fft.rfft(sources * RISE, FFT) * filters
        self._ringing += np.fft.irfft((fading + coming).sum(0), FFT).astype(np.float32)
        out = self._ringing[:HOP].copy()
        self._ringing[:-HOP] = self._ringing[HOP:]
        self._ringing[-HOP:] = 0
        self._filters = filters
        return out

    def _pulses(self, f0: float, voiced: float) -> Array:
        hz = self._f0 + (f0 - self._f0) * PART
        gain = self._voiced + (voiced - self._voiced) * PART
        turns = self._phase + np.cumsum(hz, dtype=np.float64) / RATE_HZ
        self._phase, self._f0, self._voiced = turns[-1] % 1.0, f0, voiced
        phase = (turns % 1.0) * (2 * np.pi)
        many = np.floor(RATE_HZ / 2 / hz)
        half = np.sin(phase / 2)
        near = np.abs(half) < 1e-4
        cosines = np.sin(many * phase / 2) * np.cos((many + 1) * phase / 2) / np.where(near, 1.0, half)
        pulses: Array = (np.where(near, many, cosines) * gain * np.sqrt(4 * hz / RATE_HZ)).astype(np.float32)
        return pulses
