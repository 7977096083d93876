"""The entrance of the path: what is not sound is made harmless, before a filter remembers it, and counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.engine import Block
from voxhumana.voice import Voice


class Guard:
    """NaN becomes silence, and what is beyond full scale (infinity too) full scale."""

    latency = 0
    hop = 1

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz

    def open(self, voice: Voice | None = None) -> GuardStream:  # noqa: ARG002
        """Begin a session."""
        return GuardStream()


class GuardStream:
    """Passes sound on as it is, the very same array."""

    nans = 0
    """Samples that were not a number."""
    clipped = 0
    """Samples beyond full scale."""

    def push(self, item: Block) -> Iterator[Block]:
        """Yield `item`, or what can be saved of it."""
        if item.min() >= -1 and item.max() <= 1:  # false for NaN
            yield item
            return
        nan = np.isnan(item)
        self.nans += int(nan.sum())
        self.clipped += int((np.abs(item) > 1).sum())
        yield np.clip(np.where(nan, np.float32(0), item), -1, 1)

    def flush(self) -> Iterator[Block]:
        """Yield nothing: nothing is held back."""
        yield from ()
