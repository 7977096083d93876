"""The last stretch of a sound, addressed by samples since its beginning."""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block


class History:
    """Keeps the last `size` samples, float32; before the beginning lies silence."""

    def __init__(self, size: int) -> None:
        self._samples = np.zeros(size, np.float32)
        self.end = 0
        """Samples so far."""

    def push(self, block: Block) -> None:
        """Append `block`, no longer than the history itself."""
        self._samples[: -len(block)] = self._samples[len(block) :]
        self._samples[-len(block) :] = block
        self.end += len(block)

    def between(self, start: int, stop: int) -> Block:
        """Samples [start, stop), a view; cut short at what is not here yet."""
        base = self.end - len(self._samples)
        return self._samples[max(0, start - base) : max(0, min(stop, self.end) - base)]
