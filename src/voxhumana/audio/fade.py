"""A gain between 0 and 1 that moves without a click."""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block


class Fade:
    """Moves to 0 or to 1 along half a cosine, whose slope begins and ends level.

    Two fades in opposite directions add up to 1, so a cross-fade never exceeds the louder of its two sounds
    (one of equal power would, by 3 dB, where both are the same sound: bypass, or a voice much like the last).

    Args:
        up: Samples from 0 to 1.
        down: Samples from 1 to 0.
        at: Where it begins.
    """

    def __init__(self, up: int, down: int, at: float = 1.0) -> None:
        self._up = 1 / up
        self._down = 1 / down
        self.at = at

    def toward(self, goal: bool, n: int) -> Block | float:
        """The next `n` gains on the way to `goal`, float32 [n]; one number when it has arrived before."""
        if self.at == goal:
            return float(goal)
        step = self._up if goal else -self._down
        way = np.clip(self.at + step * np.arange(1, n + 1), 0, 1)
        self.at = float(way[-1])
        gains: Block = (0.5 - 0.5 * np.cos(np.pi * way)).astype(np.float32)
        return gains
