"""The excitation of an RVC voice: a sine where there is pitch, noise where there is none; its phase goes on.

    F0 [Hz] every 10 ms -> float32 [frames * hop]

X. Wang et al., "Neural source-filter waveform models for statistical parametric speech synthesis", 2019; the
amplitudes are RVC's (`SineGen`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SINE, VOICED_NOISE, NOISE = 0.1, 0.003, 0.1 / 3


class Source:
    """One stream's excitation.

    Args:
        rate_hz: Of the sound.
        hop: Samples a frame.
    """

    def __init__(self, rate_hz: int, hop: int) -> None:
        self._rate_hz, self._hop = rate_hz, hop
        self._turns = 0.0
        self._noise = np.random.default_rng(0)

    def render(self, f0: Array) -> Array:
        """The next frames, float32 [frames * hop], of F0 [frames]; 0 = unvoiced."""
        each = np.repeat(f0, self._hop)
        turns = self._turns + np.cumsum(each, dtype=np.float64) / self._rate_hz
        self._turns = float(turns[-1]) % 1.0
        voiced = each > 0
        noise = self._noise.standard_normal(len(each), np.float32) * np.where(voiced, VOICED_NOISE, NOISE)
        sound: Array = (SINE * np.sin(2 * np.pi * turns) * voiced + noise).astype(np.float32)
        return sound


def coarse(f0: Array) -> npt.NDArray[np.int64]:
    """F0 [frames] on RVC's scale: 1 = unvoiced, else mels from 50 to 1,100 Hz in 254 steps."""
    low, high = 1127 * np.log(1 + 50 / 700), 1127 * np.log(1 + 1100 / 700)
    mel = 1127 * np.log(1 + f0 / 700)
    steps: npt.NDArray[np.int64] = np.clip(np.rint((mel - low) * 254 / (high - low) + 1), 1, 255).astype(
        np.int64
    )
    return steps
