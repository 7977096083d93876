"""Silence where the input is silent: for networks that hum or breathe when nothing is said."""

from __future__ import annotations

import numpy as np

from voxhumana.convert.dsp.history import History
from voxhumana.engine import Block

THRESHOLD = 10 ** (-60 / 20)
"""RMS below which the output sinks with the input, twice as fast in decibels; quiet rooms lie around it."""


class Hush:
    """The gain of an output that comes `latency` samples after its input.

    Args:
        rate_hz: Of both.
        hop: Samples a step.
        latency: Samples.
    """

    def __init__(self, rate_hz: int, hop: int, latency: int) -> None:
        self._hop, self._latency, self._over = hop, latency, rate_hz // 100
        self._lead = min(latency, self._over // 2)  # look to both sides, as far as the sound is there
        self._heard = History(latency + hop + self._over)

    def hear(self, block: Block) -> Block:
        """Take a hop in; the gain, float32 [hop] in 0..1, of the hop that comes out now."""
        self._heard.push(block)
        stop = self._heard.end - self._latency + self._lead
        power = np.square(self._heard.between(stop - self._hop - self._over + 1, stop), dtype=np.float64)
        total = np.concatenate([[0.0], np.cumsum(power)])
        mean = np.maximum(total[self._over :] - total[: -self._over], 0.0) / self._over
        gain: Block = np.minimum(1.0, mean / THRESHOLD**2).astype(np.float32)
        return gain
