"""A bounded queue of samples between two threads, one of which must never wait.

One thread writes, one reads; both counts only grow and each is moved by one side alone, so nothing is locked:

    |....oldest ......... newest....|
         ^ _read            ^ _written         place in the buffer = count % len(buffer)

The writer always has room: what nobody reads in time is overwritten, and the reader steps over the hole.
"""

from __future__ import annotations

import threading

import numpy as np

from voxhumana.engine import Block


class Ring:
    """Float32 samples, preallocated.

    Args:
        capacity: Samples it holds; a block may be as long at most.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._samples = np.zeros(2 * capacity, np.float32)  # so that no write reaches what is being read
        self._written = 0
        self._read = 0
        self._news = threading.Lock()  # held while there is none: a raw lock is released without waiting
        self._news.acquire()
        self.dropped = 0
        """Samples lost because the reader came too late."""

    def __len__(self) -> int:
        """Samples that wait to be read."""
        return min(self._written - self._read, self._capacity)

    def write(self, block: Block) -> None:
        """Add a block and wake the reader; never waits, allocates nothing."""
        start = self._written % len(self._samples)
        fits = min(len(block), len(self._samples) - start)
        self._samples[start : start + fits] = block[:fits]
        self._samples[: len(block) - fits] = block[fits:]
        self._written += len(block)
        if self._news.locked():
            self._news.release()

    def read(self, out: Block) -> int:
        """Move the oldest samples into `out`; returns how many there were, `len(out)` at most."""
        late = self._written - self._read - self._capacity
        if late > 0:
            self._read += late
            self.dropped += late
        count = min(len(out), self._written - self._read)
        start = self._read % len(self._samples)
        fits = min(count, len(self._samples) - start)
        out[:fits] = self._samples[start : start + fits]
        out[fits:count] = self._samples[: count - fits]
        self._read += count
        return count

    def clear(self) -> None:
        """Forget what waits; the reader's to call."""
        self._read = self._written

    def wait(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` samples are there; False when the writer was silent for `timeout_s`."""
        while len(self) < count:
            if not self._news.acquire(timeout=timeout_s):
                return False
        return True
