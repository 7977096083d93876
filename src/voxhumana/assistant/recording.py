"""The last minute of what the user said, addressed by the sample clock."""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block


class Recording:
    """A window on the sound, preallocated.

    Args:
        keep: Samples that can be looked back on.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._sound: Block = np.full(
            2 * keep, 0, np.float32
        )  # written to: pages of zeros are had at first use
        self._filled = 0
        self._origin = 0  # of _sound[0], on the clock

    def add(self, block: Block) -> None:
        """Append float32 [T], T at most what is kept."""
        if self._filled + len(block) > len(self._sound):
            drop = self._filled - self._keep
            self._sound[: self._keep] = self._sound[drop : self._filled]
            self._filled, self._origin = self._keep, self._origin + drop
        self._sound[self._filled : self._filled + len(block)] = block
        self._filled += len(block)

    def cut(self, start: int, end: int) -> Block:
        """A copy of the sound between two moments, as far as it is kept."""
        first, last = max(0, start - self._origin), min(self._filled, end - self._origin)
        return self._sound[first : max(first, last)].copy()
