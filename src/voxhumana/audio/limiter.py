r"""The end of the path: never above -1 dBFS, and nothing changed below it.

    needed    ......|          the gain that each sample needs; 1 below the ceiling
    release   ......|////      it comes back slowly
    least     ..|___|////      its least over the lookahead: down before the peak comes
    mean      ..\___|////      smoothed over the lookahead: arrived when the peak comes

A mean of numbers none of which is more than the peak needs is no more either: hence never above. After
G. McNally, "Dynamic range control of digital audio signals", JAES 32(5), 1984, and G. Luff, "Designing a
straightforward limiter", signalsmith-audio.co.uk, 2022.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from voxhumana.engine import Block
from voxhumana.voice import Voice

CEILING = 10 ** (-1 / 20)
"""-1 dBFS: leaves room for what lossy codecs overshoot (EBU R 128)."""

LOOKAHEAD_S = 0.001
"""A choice: all of it is delay, and below it the gain's fall begins to be heard as a click."""

RELEASE_S = 0.2
"""Seconds from silence to full gain. A choice: faster and it follows the waves of a deep voice."""


class Limiter:
    """Turns down what would be too loud, a millisecond before it comes."""

    hop = 1

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.latency = round(LOOKAHEAD_S * rate_hz)

    def open(self, voice: Voice | None = None) -> LimiterStream:  # noqa: ARG002
        """Begin a session."""
        return LimiterStream(self.latency, 1 / (RELEASE_S * self.rate_hz))


class LimiterStream:
    """One session.

    Args:
        lookahead: Samples.
        release: Gain regained per sample.
    """

    def __init__(self, lookahead: int, release: float) -> None:
        self._lookahead = lookahead
        self._release = release
        self._waiting = np.zeros(lookahead, np.float32)
        self._gains = np.ones(2 * lookahead)
        self._mean = np.full(lookahead + 1, 1 / (lookahead + 1))

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much, `lookahead` samples late."""
        n = len(item)
        sound = np.concatenate([self._waiting, item])
        self._waiting = sound[n:]
        loudness = np.abs(item)
        if loudness.max() <= CEILING and self._gains.min() == 1:
            yield sound[:n]
            return
        needed = CEILING / np.maximum(loudness, CEILING)
        ramp = self._release * np.arange(n + 1)
        slow = np.minimum.accumulate(np.concatenate([self._gains[-1:], needed - ramp[1:]]))[1:] + ramp[1:]
        gains = np.concatenate([self._gains, np.minimum(slow, 1)])
        self._gains = gains[n:]
        window = self._lookahead + 1
        least = sliding_window_view(gains, window).min(-1)
        yield (sound[:n] * np.convolve(least, self._mean, "valid")).astype(np.float32)

    def flush(self) -> Iterator[Block]:
        """Yield what is waiting."""
        yield from self.push(np.zeros(self._lookahead, np.float32))
