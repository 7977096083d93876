"""A socket as devices: what the peer sends is a source, what it is sent a sink.

The peer's sound is the clock, as a sound card's is. Who sends faster than the session works is late, and late
sound is dropped and counted, so delay cannot grow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from voxhumana.audio.reblock import Fifo
from voxhumana.audio.splice import Splice
from voxhumana.engine import Block

CLOCK = "socket"
PATIENCE_S = 0.2
"""A peer that was heard may be late by so much before silence takes its place: a bad network's worst."""


class Inlet:
    """See `audio.device.Source`: `push` on any thread, `read` on the path's.

    Args:
        rate_hz: Of the sound.
        frames: Samples a block.
        bound: Samples that may wait; the oldest of more are dropped.
        ticks: Whether silence follows when the peer stops sending: for who must go on without it.
        at_once: Blocks that `read` gives together where they wait: what is late costs less to catch up on.
    """

    name = CLOCK
    clock = CLOCK

    def __init__(
        self, rate_hz: int, frames: int, bound: int, *, ticks: bool = False, at_once: int = 1
    ) -> None:
        self.rate_hz = rate_hz
        self.frames = frames
        self.latency = frames
        self.dropped = 0
        self.begun = False
        """Whether anything came."""
        self._bound = max(bound, frames)
        self._fifo = Fifo(self._bound + frames)
        self._splice = Splice(rate_hz)
        self._ticks = ticks
        self._at_once = at_once
        self._idle = False
        self._news = threading.Condition()
        self._ended = False

    def push(self, block: Block) -> None:
        """Add float32 [T], any T; never waits for the path."""
        with self._news:
            self.begun = True
            self._fifo.write(block)
            late = len(self._fifo) - self._bound
            if late > 0:
                self._splice.cut(late)
                self._splice.push(self._fifo.read(late))  # now: what waits is never longer, nor cut twice
                self.dropped += late
            self._news.notify()

    def clear(self) -> None:
        """Forget what waits."""
        with self._news:
            self._fifo.read(len(self._fifo))

    def end(self) -> None:
        """Let the path have what waits, and then end; any thread."""
        with self._news:
            self._ended = True
            self._news.notify()

    def read(self) -> Block | None:
        """Wait for the next block, or several of them, the last one shorter; None at the end."""
        with self._news:
            while True:
                waited = self._news.wait_for(lambda: self.ready, self._patience_s())
                self._idle = not waited
                blocks = min(len(self._fifo) // self.frames, self._at_once)
                taken = self._fifo.read(max(1, blocks) * self.frames)
                if waited and not len(taken):
                    return None
                block = self._splice.push(taken.copy())
                if not waited:
                    return np.pad(block, (0, self.frames - len(block)))
                if len(block):
                    return block

    def close(self) -> None:
        """Nothing to give back."""
        self.end()

    @property
    def ready(self) -> bool:
        """Whether `read` need not wait."""
        return self._ended or len(self._fifo) >= self.frames

    def _patience_s(self) -> float | None:
        if not self._ticks:
            return None
        return self.frames / self.rate_hz if self._idle else PATIENCE_S


class Outlet:
    """See `audio.device.Sink`: hands on what the path writes; who takes it bounds what waits.

    Args:
        rate_hz: Of the sound.
        frames: Samples a block.
        give: Takes float32 [T], on the path's thread; must copy, and not wait.
    """

    name = CLOCK
    clock = CLOCK
    latency = 0
    mark = 0
    backlog = 0
    dropped = 0
    underruns = 0

    def __init__(self, rate_hz: int, frames: int, give: Callable[[Block], None]) -> None:
        self.rate_hz = rate_hz
        self.frames = frames
        self.write = give

    def close(self) -> None:
        """Nothing to give back."""
