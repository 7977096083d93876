"""The common part of every input: what the device pushed, as blocks, with late ones dropped."""

from __future__ import annotations

import numpy as np

from voxhumana.audio.ring import Ring
from voxhumana.audio.splice import Splice
from voxhumana.engine import Block

BACKLOG_S = 0.1
"""More than this unread is dropped: a hop of any converter is shorter, so somebody has stalled."""


class Intake:
    """A ring that the device fills (`push`, any length) and the live path empties (`take`, whole blocks).

    Args:
        rate_hz: Of the device.
        frames: Samples a block.
    """

    def __init__(self, rate_hz: int, frames: int) -> None:
        self._frames = frames
        self._bound = max(4 * frames, round(BACKLOG_S * rate_hz))
        self._ring = Ring(rate_hz)
        self._splice = Splice(rate_hz)
        self._cut = 0
        self._begun = False
        self.push = self._ring.write

    @property
    def dropped(self) -> int:
        """Samples lost because nobody took them in time."""
        return self._cut + self._ring.dropped

    @property
    def ready(self) -> bool:
        """Whether a whole block is there."""
        return len(self._ring) >= self._frames

    def wait(self, timeout_s: float) -> bool:
        """Wait until a whole block is there; False when the device pushed nothing for so long.

        The first time, what came before anybody waited is forgotten.
        """
        if not self._begun:
            self._ring.clear()
            self._begun = True
        return self._ring.wait(self._frames, timeout_s)

    def take(self) -> Block:
        """The next block, float32 [frames]; there must be one `ready`."""
        if len(self._ring) > self._bound:
            late = (len(self._ring) // self._frames - 1) * self._frames
            self._splice.cut(late)
            self._cut += late
        while True:
            block = np.empty(self._frames, np.float32)
            self._ring.read(block)
            block = self._splice.push(block)
            if len(block):
                return block
