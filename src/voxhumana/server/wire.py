"""A socket as devices: what the peer sends is a source, what it is sent a sink.

The peer's sound is the clock, as a sound card's is. Who sends faster than the session works is late, and late
sound is dropped and counted, so delay cannot grow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from voxhumana.audio.reblock import Fifo
from voxhumana.audio.splice import Splice
from voxhumana.engine import Block

CLOCK = "socket"


class Inlet:
    """See `audio.device.Source`: `push` on any thread, `read` on the path's.

    Args:
        rate_hz: Of the sound.
        frames: Samples a block.
        bound: Samples that may wait; the oldest of more are dropped.
    """

    name = CLOCK
    clock = CLOCK

    def __init__(self, rate_hz: int, frames: int, bound: int) -> None:
        self.rate_hz = rate_hz
        self.frames = frames
        self.latency = frames
        self.dropped = 0
        self.begun = False
        """Whether anything came."""
        self._bound = max(bound, frames)
        self._fifo = Fifo(self._bound + frames)
        self._splice = Splice(rate_hz)
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
        """Wait for the next block, the last one shorter; None at the end."""
        with self._news:
            while True:
                self._news.wait_for(lambda: self._ended or len(self._fifo) >= self.frames)
                taken = self._fifo.read(self.frames)
                if not len(taken):
                    return None
                block = self._splice.push(taken.copy())
                if len(block):
                    return block

    def close(self) -> None:
        """Nothing to give back."""
        self.end()


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
