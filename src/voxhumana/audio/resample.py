"""Streaming sample-rate conversion at the edges of the path, its ratio adjustable while it runs if need be.

Rates of which one is a multiple of the other, and stays so, are `polyphase`'s. All else is libsamplerate's
`sinc_fastest`: 97 dB of signal to noise over 80 % of the band, and it holds back 20 samples of the lower of
the two rates (1.25 ms at 16 kHz: measured). soxr HQ holds back 30 ms.

Push blocks of one size, or multiples of the first, as the path does. Where sizes change at random up to
5,000, libsamplerate 0.2.2 now and then loses an input sample as its buffer wraps (9 of 199 runs of 60,000
samples at 44.1 from 48 kHz); with one size it lost none in 1,500,000 samples, at 15 sizes and 7 ratios.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import samplerate

from voxhumana.audio.polyphase import DownStream, UpStream
from voxhumana.audio.reblock import Fifo
from voxhumana.engine import Block, Stream
from voxhumana.voice import Voice

HELD = 21
"""Samples of the lower rate that libsamplerate holds back at most, one for rounding: measured for pairs of
8, 16, 24, 44.1 and 48 kHz, and held by the contract tests."""


ROUNDING = 1e-9
"""Of a sample: sums of thirds come out alike, however sound is cut."""


class Resample:
    """From one rate to another.

    Args:
        in_rate_hz: What it takes.
        rate_hz: What it puts out; may equal `in_rate_hz`, to follow a drifting clock.
    """

    hop = 1

    def __init__(self, in_rate_hz: int, rate_hz: int) -> None:
        self.in_rate_hz = in_rate_hz
        self.rate_hz = rate_hz
        self.latency = math.ceil(HELD * max(1.0, rate_hz / in_rate_hz))

    def open(self, voice: Voice | None = None) -> Stream[Block, Block]:  # noqa: ARG002
        """Begin a session."""
        if self.rate_hz == self.in_rate_hz:
            return self.follow()
        if self.rate_hz % self.in_rate_hz == 0:
            return UpStream(self.rate_hz // self.in_rate_hz)
        if self.in_rate_hz % self.rate_hz == 0:
            return DownStream(self.in_rate_hz // self.rate_hz)
        return self.follow()

    def follow(self) -> ResampleStream:
        """Begin a session that can follow a drifting clock."""
        return ResampleStream(self.rate_hz / self.in_rate_hz, self.latency)


class ResampleStream:
    """One session."""

    correction = 1.0
    """Factor on the ratio, near 1. A change is spread over the next push, so it makes no click."""

    def __init__(self, ratio: float, latency: int) -> None:
        self._resampler = samplerate.Resampler("sinc_fastest", 1)
        self._ratio = ratio
        self._ready = Fifo()
        self._ready.write(np.zeros(latency, np.float32))
        self._due = 0.0
        self._latency = latency
        self._size = 0

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much, times the ratio; fractions of a sample wait."""
        ratio = self._ratio * self.correction
        self._size = self._size or len(item)
        size = self._size if len(item) % self._size == 0 else len(item)
        for start in range(0, len(item), size):
            self._ready.write(self._resampler.process(item[start : start + size], ratio))
        self._due += len(item) * ratio
        yield from self._given(math.floor(self._due + ROUNDING))

    def flush(self) -> Iterator[Block]:
        """Yield the rest."""
        left = math.floor(self._due + 0.5 + ROUNDING) + self._latency
        while len(self._ready) < left:
            self._ready.write(self._resampler.process(np.zeros(1024, np.float32), self._ratio))
        yield from self._given(left)

    def _given(self, n: int) -> Iterator[Block]:
        if n:
            out = self._ready.read(n)
            self._due -= len(out)
            yield out
