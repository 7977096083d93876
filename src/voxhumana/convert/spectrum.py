"""What the native engine hears: log-mels for the content, level for the energy, colour for the timbre.

    float32 [T] at 24 kHz -> every 10 ms, of past sound only: log-mel [80], level

The training uses these very filters, so both sides see the same numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RATE_HZ = 24_000
HOP = 240
"""10 ms between analysis frames."""
WINDOW = 600
"""25 ms under the Hann window of a log-mel frame; it ends where the hop ends."""
FFT = 1024
MELS = 80
MEL_LOW_HZ, MEL_HIGH_HZ = 50.0, 7600.0
"""Most of the training speech ends at 8 kHz."""
FLOOR = 1e-5
"""Least mel magnitude: below the noise of any microphone."""


def mel_filters(
    rate_hz: int,
    bins: int,
    bands: int,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    stretch: float = 1.0,
) -> Array:
    """Slaney's area-normalised triangles, float32 [bands, bins]; `stretch` moves their edges up."""
    mels = np.linspace(_to_mel(low_hz), _to_mel(high_hz or rate_hz / 2), bands + 2)
    edges = _to_hz(mels) * stretch
    hz = np.linspace(0, rate_hz / 2, bins)
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


def _to_mel(hz: float) -> float:
    return hz * 3 / 200 if hz < 1000 else 15 + float(np.log(hz / 1000) * 27 / np.log(6.4))


def _to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


FILTERS = mel_filters(RATE_HZ, FFT // 2 + 1, MELS, MEL_LOW_HZ, MEL_HIGH_HZ) * 20
"""Scaled so that speech at full level lies around 0 dB."""
HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(frames: Array) -> Array:
    """float32 [N, 80] of frames [N, 600]."""
    magnitude = np.abs(np.fft.rfft(frames * HANN, FFT)).astype(np.float32)
    mel: Array = np.log(np.maximum(magnitude @ FILTERS.T, FLOOR))
    return mel


def colour(wave: Array) -> Array:
    """What a voice and its room sound like on average, float32 [160], of speech [T].

    Mean (less its own mean) and spread of the log-mels, over frames within 25 dB of the loudest tenth.
    """
    if len(wave) < WINDOW:
        wave = np.pad(wave, (0, WINDOW - len(wave)))
    mels = log_mel(np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP])
    loud = mels.mean(1)
    mels = mels[loud > np.quantile(loud, 0.9) - 25 / 8.69]
    mean: Array = mels.mean(0)
    both: Array = np.concatenate([mean - mean.mean(), mels.std(0)])
    return both


def level(frames: Array) -> Array:
    """Log RMS, float32 [N], of frames [N, T]."""
    power: Array = np.mean(np.square(frames), axis=1, dtype=np.float32)
    levels: Array = 0.5 * np.log(power + np.float32(1e-9))
    return levels
