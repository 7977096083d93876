"""Noise suppression before the converter: WebRTC's, for its low delay."""

from __future__ import annotations

import pywebrtc_audio

from voxhumana.audio.reblock import Hops
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

LATENCY = {16_000: 96, 32_000: 196, 48_000: 334}
"""Samples by rate: 6, 6.1 and 7 ms, of overlapping frames and of the filters that split the bands. Measured,
and held by the contract tests."""

MODERATE = 1
"""Of 0 to 3, which take 6, 12, 18 and 20 dB off steady noise and leave clean speech an SI-SDR of 11.2, 9.8,
8.9 and 8.4 dB (measured, 13 speakers): the gate sees to the pauses."""


class Denoise:
    """Turns steady noise down.

    Args:
        rate_hz: One of `LATENCY`.

    Raises:
        VoxError: It cannot work at this rate.
    """

    def __init__(self, rate_hz: int) -> None:
        if rate_hz not in LATENCY:
            raise VoxError(f"Noise suppression cannot work at {rate_hz} Hz; resample to 48000 Hz first.")
        self.rate_hz = rate_hz
        self.hop = rate_hz // 100
        self.latency = LATENCY[rate_hz]

    def open(self, voice: Voice | None = None) -> Hops:  # noqa: ARG002
        """Begin a session; it takes a second to know the noise."""
        suppressor = pywebrtc_audio.NoiseSuppressor(self.rate_hz, 1, MODERATE)

        def step(block: Block) -> Block:
            out: Block = suppressor.process(block)
            return out

        return Hops(step, self.hop, self.latency)
