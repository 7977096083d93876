"""Delay that nobody needs is cut out: what stands unplayed in front of a device all the time is too much.

Queued just before each write:

    |    *                                 a stall ends here, everything late arrives at once
    |      *  *  *  *  *
    |---------------------                 spare: at no time in the window was less queued; cut it out
    | *
    +--------------------> time
"""

from __future__ import annotations

from collections import deque

from voxhumana.audio.splice import Splice
from voxhumana.engine import Block

WINDOW_S = 0.5
"""A stall is forgotten so long after it ended; what recurs more often than this keeps its cushion."""

LOOKS = 10
"""Looks a window: how finely it slides."""


class Trim:
    """Passes blocks on to a device and shortens them when more than needed stands queued before it.

    Args:
        rate_hz: Of the device.
    """

    def __init__(self, rate_hz: int) -> None:
        self._splice = Splice(rate_hz)
        self._look = round(WINDOW_S / LOOKS * rate_hz)
        self._spares: deque[int] = deque(maxlen=LOOKS)
        self._spare = self._most = rate_hz  # more than ever stands there
        self._seen = 0
        self.dropped = 0
        """Samples cut out."""

    def push(self, block: Block, spare: int, least: int) -> Block:
        """What remains of a block, float32 [0..T].

        Args:
            block: What is to be written next.
            spare: Samples queued now beyond what the device needs.
            least: Less than this is not worth a cut.
        """
        self._spare = min(self._spare, spare)
        self._seen += len(block)
        if self._seen >= self._look:
            self._spares.append(self._spare)
            self._spare, self._seen = self._most, 0
            if len(self._spares) == LOOKS and (needless := min(self._spares)) >= least:
                self._splice.cut(needless)
                self.dropped += needless
                self._spares.clear()
        return self._splice.push(block)
