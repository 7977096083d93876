"""The common part of outputs that play by callback: a ring that never clicks when it runs dry."""

from __future__ import annotations

import numpy as np

from voxhumana.audio.ring import Ring
from voxhumana.audio.trim import Trim
from voxhumana.engine import Block

FADE = 64
"""Samples in which sound goes to silence and comes back when the ring runs dry: 1.3 ms at 48 kHz."""


class Playout:
    """A ring that the live path fills (`write`, any length) and the device empties (`pull`, its own length).

    Args:
        rate_hz: Of the device.
    """

    def __init__(self, rate_hz: int) -> None:
        self._ring = Ring(rate_hz)
        self._trim = Trim(rate_hz)
        self._rise = np.linspace(0, 1, FADE, dtype=np.float32)
        self._fall = self._rise[::-1].copy()
        self._last = np.float32(0)
        self._dry = True
        self._pulled = 1
        self.underruns = 0
        """Times it ran dry."""

    @property
    def dropped(self) -> int:
        """Samples cut out or overwritten to keep the backlog bounded."""
        return self._trim.dropped + self._ring.dropped

    @property
    def backlog(self) -> int:
        """Samples not yet pulled."""
        return len(self._ring)

    def write(self, block: Block) -> None:
        """Queue a block; what stands queued all the time, by a pull or more, is cut out."""
        self._ring.write(self._trim.push(block, spare=len(self._ring), least=self._pulled))

    def pull(self, out: Block) -> None:
        """Fill `out`, float32 [T], with what comes next, or fade to silence; never waits."""
        count = self._ring.read(out)
        if self._dry and count:
            head = out[: min(count, FADE)]
            head *= self._rise[: len(head)]
            self._dry = False
        if count < len(out):
            out[count:] = 0
            if not self._dry:
                tail = out[count : count + FADE]
                tail[:] = self._fall[: len(tail)] * (out[count - 1] if count else self._last)
                self._dry = True
                self.underruns += 1
        self._last = out[-1]
        self._pulled = len(out)
