"""The last stretch of a sound, addressed by samples since its beginning."""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block


class History:
    """Keeps the last `size` samples, float32; before the beginning lies silence."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._samples = np.zeros(2 * size, np.float32)  # moved to the front once it is full, not at each push
        self._stop = size
        self.end = 0
        """Samples so far."""

    def push(self, block: Block) -> None:
        """Append `block`, no longer than the history itself."""
        if self._stop + len(block) > len(self._samples):
            self._samples[: self._size] = self._samples[self._stop - self._size : self._stop]
            self._stop = self._size
        self._samples[self._stop : self._stop + len(block)] = block
        self._stop += len(block)
        self.end += len(block)

    def between(self, start: int, stop: int) -> Block:
        """Samples [start, stop), a view, good until the next `push`; cut short at what is not here yet."""
        shift = self._stop - self.end
        begun = self._stop - self._size
        return self._samples[max(begun, start + shift) : max(begun, min(stop + shift, self._stop))]
