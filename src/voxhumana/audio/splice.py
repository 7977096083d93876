"""Cutting time out of sound without a click."""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block

FADE_S = 0.0025
"""A cross-fade this long leaves no click in speech, and fits into one block of 128."""


class Splice:
    """Passes blocks on, but leaves out what `cut` asked for; one cross-fade joins the ends.

        in    |aaaaaaaa|bbbbbbbb|cccccccc|      after cut(16): the head of a
        out                     |acCccccc|      fades out into c, a and b are gone

    Args:
        rate_hz: Of the sound.
    """

    def __init__(self, rate_hz: int) -> None:
        self._fade = round(FADE_S * rate_hz)
        self._left = 0
        self._tail: Block = np.zeros(0, np.float32)
        self._fall: Block = self._tail

    def cut(self, count: int) -> None:
        """Leave out `count` samples, from the next block on."""
        self._left += count

    def push(self, block: Block) -> Block:
        """What remains of a block, float32 [0..T]; the very same array if nothing is cut."""
        if self._left:
            if not len(self._tail):
                self._tail = block[: self._fade].copy()
                self._fall = np.linspace(1, 0, len(self._tail), dtype=np.float32)
            gone = min(self._left, len(block))
            self._left -= gone
            block = block[gone:]
        if len(self._tail) and len(block):
            n = min(len(self._tail), len(block))
            fall = self._fall[:n]
            block = block.copy()
            block[:n] = self._tail[:n] * fall + block[:n] * (1 - fall)
            self._tail, self._fall = self._tail[n:], self._fall[n:]
        return block
