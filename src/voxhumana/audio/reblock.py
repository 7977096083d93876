"""From any block size to whole hops, and from bursts of hops back to a steady flow; audio thread only.

pushed   |256 |256 |256 |256 |     frames = 256
Hops     |    |  480|   |480 |     a hop is worked on as soon as it is whole
Pace     |256 |256 |256 |256 |     as much out as in: the burst waits `wait_for` samples at most
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from voxhumana.engine import Block


class Fifo:
    """Samples in the order they came, in one array that grows only if `capacity` was guessed too small."""

    def __init__(self, capacity: int = 16_384) -> None:
        self._data = np.zeros(capacity, np.float32)
        self._start = 0
        self._end = 0

    def __len__(self) -> int:
        return self._end - self._start

    def write(self, block: Block) -> None:
        """Append a copy of `block`."""
        if self._start == self._end:
            self._start = self._end = 0  # the same few pages again, not all of a long array in turn
        held, needed = len(self), len(self) + len(block)
        if self._end + len(block) > len(self._data):
            old = self._data[self._start : self._end]
            if needed > len(self._data):
                self._data = np.zeros(2 * needed, np.float32)
            self._data[:held] = old
            self._start, self._end = 0, held
        self._data[self._end : self._end + len(block)] = block
        self._end += len(block)

    def read(self, n: int) -> Block:
        """Take the oldest `n` samples, or all if there are fewer; a view, good until the next `write`."""
        out = self._data[self._start : min(self._start + n, self._end)]
        self._start += len(out)
        return out


class Hops:
    """A stream that works in whole hops, from a function that does one.

    Args:
        step: float32 [hop] -> float32 [hop]. What it puts out is its input delayed by `latency`.
        hop: Samples.
        latency: Samples that `step` itself delays; waiting for a whole hop is no part of it.
    """

    def __init__(self, step: Callable[[Block], Block], hop: int, latency: int = 0) -> None:
        self._step = step
        self._latency = latency
        self._hop = np.zeros(hop, np.float32)
        self._filled = 0
        self._due = 0

    def push(self, item: Block) -> Iterator[Block]:
        """Yield a hop for each one that `item` completes."""
        at, self._due = 0, self._due + len(item)
        while at < len(item):
            part = item[at : at + len(self._hop) - self._filled]
            self._hop[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            at += len(part)
            if self._filled == len(self._hop):
                self._filled = 0
                self._due -= len(self._hop)
                yield self._step(self._hop)

    def flush(self) -> Iterator[Block]:
        """Yield what is due, as if silence followed."""
        left = self._due + self._latency
        self._hop[self._filled :] = 0
        while left > 0:
            yield self._step(self._hop)[:left]
            left -= len(self._hop)
            self._hop[:] = 0


class Pace:
    """Evens out bursts: for each push, as many samples come out as went in, times the ratio of the rates.

    Args:
        wait: Samples of silence that come first, so that there is always enough; see `wait_for`.
        takes_hz: Rate of what is pushed.
        gives_hz: Rate of what comes out.
    """

    def __init__(self, wait: int, takes_hz: int, gives_hz: int) -> None:
        self._fifo = Fifo()
        self._fifo.write(np.zeros(wait, np.float32))
        self._takes_hz = takes_hz
        self._gives_hz = gives_hz
        self._taken = 0
        self._given = 0

    def push(self, pushed: int, blocks: Iterable[Block]) -> Iterator[Block]:
        """Take the `blocks` that `pushed` samples made, and yield what is due."""
        for block in blocks:
            self._fifo.write(block)
        self._taken += pushed
        out = self._fifo.read(self._taken * self._gives_hz // self._takes_hz - self._given)
        self._given += len(out)
        if len(out):
            yield out

    def flush(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield all the rest."""
        for block in blocks:
            self._fifo.write(block)
        if len(self._fifo):
            yield self._fifo.read(len(self._fifo))


def wait_for(frames: int, takes_hz: int, steps: Iterable[tuple[int, int]]) -> int:
    """The most samples that steps of whole hops withhold when sound comes `frames` at a time.

    Counted, not derived: rates and hops need not divide each other. For a single hop at one rate it is
    `hop - gcd(frames, hop)`.

    Args:
        frames: Samples a push, at `takes_hz`.
        takes_hz: Rate of what is pushed.
        steps: The (rate_hz, hop) of each stage, in order.

    Returns:
        Samples, at the last step's rate.
    """
    steps = list(steps)
    longest = max((hop * takes_hz / step_hz for step_hz, hop in steps), default=0)
    pushed = frames * np.arange(
        1, max(8192, 2 * int(longest)) + 1, dtype=np.int64
    )  # every phase of a long hop
    rate_hz, ready = takes_hz, pushed
    for step_hz, hop in steps:
        ready = ready * step_hz // rate_hz // hop * hop
        rate_hz = step_hz
    return int(np.max(pushed * rate_hz // takes_hz - ready))
