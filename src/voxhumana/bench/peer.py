"""A client of `/v1/convert`: what it says, a second at a time, and what it hears, when."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voxhumana.engine import Block

RATE_HZ = 24_000
FRAME = RATE_HZ // 50
"""20 ms: what browsers and VoIP send."""
STEP = RATE_HZ // 100
"""10 ms: sound is remembered as the peak of each."""
STEPS = RATE_HZ // STEP
PIECES = 2
"""In a second, each from anywhere in the speech."""
FADE_S = 0.01
"""At both ends of a piece."""
SELDOM = 4
"""Of so many seconds one is silent, or of more where there are more clients."""

Levels = npt.NDArray[np.float32]
"""Peaks, float32 [steps], full scale 1."""


@dataclass
class Peer:
    """A client, and what it saw.

    Args:
        number: Which of them.
        of: So many.
        speech: float32 [T] at `RATE_HZ`; each client says pieces of it, in an order that is its own and never
            comes again, so that whatever is heard is known to be somebody's, of some time.
        latency: Samples, as the server declared it.
    """

    number: int
    of: int
    speech: Block
    latency: int = 0
    sent_s: array[float] = field(default_factory=lambda: array("d"))
    """When each frame was sent."""
    came_s: array[float] = field(default_factory=lambda: array("d"))
    """When each message came."""
    received: array[int] = field(default_factory=lambda: array("q"))
    """Samples that had come by then."""
    _rest: bytearray = field(default_factory=bytearray)
    _levels: list[Levels] = field(default_factory=list)

    def silent(self, second: int) -> bool:
        """Whether it says nothing in this second: one of the clients is silent at a time."""
        return second % max(self.of, SELDOM) == self.number

    def says(self, second: int) -> Block:
        """float32 [RATE_HZ]."""
        if self.silent(second):
            return np.zeros(RATE_HZ, np.float32)
        length = RATE_HZ // PIECES
        places = np.random.default_rng((self.number, second)).integers(0, len(self.speech) - length, PIECES)
        rise = np.minimum(1, np.arange(length) / (FADE_S * RATE_HZ))
        fade = (rise * rise[::-1]).astype(np.float32)
        return np.concatenate([self.speech[place : place + length] * fade for place in places])

    def frames(self, duration_s: float) -> Iterator[bytes]:
        """What it sends, `FRAME` of PCM16 at a time."""
        for number in range(round(duration_s * RATE_HZ / FRAME)):
            second, place = divmod(number * FRAME, RATE_HZ)
            if not place:
                data = (self.says(second) * 32_767).astype("<i2").tobytes()
            yield data[2 * place : 2 * (place + FRAME)]

    def hear(self, data: bytes) -> None:
        """Take sound that came back; costs next to nothing, as it shares the processor with the server."""
        self.came_s.append(time.perf_counter())
        self.received.append((self.received[-1] if self.received else 0) + len(data) // 2)
        self._rest += data
        if len(self._rest) >= 2 * RATE_HZ:
            self._note()

    @property
    def lost(self) -> int:
        """Samples that were sent and have not come back."""
        return len(self.sent_s) * FRAME - (self.received[-1] if self.received else 0)

    def heard(self) -> Levels:
        """What came back."""
        self._note()
        return np.concatenate(self._levels) if self._levels else np.zeros(0, np.float32)

    def said(self) -> Levels:
        """What was sent, and nothing after it."""
        seconds = -(-len(self.sent_s) * FRAME // RATE_HZ)
        return np.concatenate([_peaks(self.says(second)) for second in range(seconds)])

    def _note(self) -> None:
        whole = len(self._rest) // (2 * STEP) * 2 * STEP
        self._levels.append(
            _peaks(np.frombuffer(bytes(self._rest[:whole]), "<i2").astype(np.float32) / np.float32(32_768))
        )
        del self._rest[:whole]


def _peaks(sound: Block) -> Levels:
    peaks: Levels = np.abs(sound).reshape(-1, STEP).max(axis=1)
    return peaks
