"""Renderings of overlapping windows, joined without a click (SOLA: Roucos and Wilgus, 1985).

rendering n     ...BBBBBBBBBBBBff|          f fades out
rendering n+1          ...    ffBBBBBBBBBBBBff|
                              ^ moved by at most `search` / 2 to where it continues the last one best
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Join:
    """One stream's joins.

    Args:
        block: Samples given a rendering.
        fade: Samples in which one gives way to the next.
        search: Samples by which a rendering may be moved, half to either side; 0 where it is in phase anyway.
    """

    def __init__(self, block: int, fade: int, search: int) -> None:
        self._block, self._search = block, search
        self._rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)).astype(np.float32)
        self._tail = np.zeros(fade, np.float32)

    def next(self, rendered: Array) -> Array:
        """The next [block] of [search + block + fade]."""
        fade = len(self._tail)
        at = self._best(rendered[: self._search + fade]) if self._search else 0
        piece = rendered[at : at + self._block + fade]
        out = piece[: self._block].copy()
        out[:fade] = out[:fade] * self._rise + self._tail * self._rise[::-1]
        self._tail = piece[self._block :].copy()
        return out

    def _best(self, around: Array) -> int:
        """Where `around` resembles the tail most; the middle where nothing does."""
        if not np.any(self._tail):
            return self._search // 2
        alike = np.correlate(around, self._tail)
        power = np.convolve(around**2, np.ones(len(self._tail), np.float32), "valid")
        return int(np.argmax(alike / np.sqrt(power + 1e-8)))
