r"""Noise gate: what is not speech stays out of the converter, which would make speech of it.

    level        ______/~~~~~~\_____/~\____     mean power over 5 ms of the band where voices have theirs
    open above   - - -|- - - - - - -| - - -     `threshold_db`, or somewhat above the room's own noise
    close below  - - - - - - -|- - - - - -|     6 dB less (hysteresis)
    gain         _____/~~~~~~~~~~~~~~~\____     at once up, held, slowly down

The band, 100 to 600 Hz, is where a voice is loudest; breath and hiss lie above it, rumble below. The gate
adds no delay: it opens within the first waves of a voice, as their level rises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from voxhumana.audio.fade import Fade
from voxhumana.audio.recursive import Mean, Recursive, band_pass
from voxhumana.engine import Block
from voxhumana.voice import Voice

BAND_HZ = (100, 600)
"""Breath reads 12 dB less here than over the whole band, and hardly more speech is lost at -55 dBFS: 0.9 % of
what is within 30 dB of its peak, against 0.7 % (measured, 14 speakers)."""

LEVEL_S = 0.005
CLOSE = 10 ** (-6 / 10)
"""Closes this much (in power) below where it opens: the ripple of a level over 5 ms at 90 Hz is less."""

HOLD_S = 0.2
"""Stays open this long after the last loud moment: longer than any closure in fluent speech ([t], [k])."""

OPEN_S = 0.003
CLOSE_S = 0.06
"""Fades: onsets are sharp and decays slow in speech."""

CELL_S = 0.1
FLOOR_CELLS = 15
"""The room's noise is the quietest 100 ms of the last 1.5 s: speech pauses more often than that (minimum
statistics: R. Martin, IEEE Trans. Speech and Audio Processing 9(5), 2001)."""

ABOVE_FLOOR = 10 ** (9 / 10)
"""Steady noise, over 5 ms, does not rise 9 dB above its mean over 100 ms."""

ROOM = 10 ** (-36 / 10)
"""The room's noise raises the threshold to -36 dBFS at most, so that a sustained note is not taken for it."""

NO_DENORMALS = 1e-15
"""-300 dBFS: on digital silence the filters would decay into numbers that are slow to compute with."""

OFF_DB = -120.0
"""The threshold at which it is off."""


class Gate:
    """Lets through what is louder than a threshold.

    Args:
        rate_hz: Of the sound.
        threshold_db: dBFS in the voice band, root mean square; -120 = off.
    """

    latency = 0
    hop = 1

    def __init__(self, rate_hz: int, threshold_db: float) -> None:
        self.rate_hz = rate_hz
        self._threshold_db = threshold_db

    def open(self, voice: Voice | None = None) -> GateStream:  # noqa: ARG002
        """Begin a session: closed, unless it is off."""
        return GateStream(self.rate_hz, self._threshold_db)


class GateStream:
    """One session."""

    threshold_db: float
    """A knob, from any thread."""

    def __init__(self, rate_hz: int, threshold_db: float) -> None:
        self.threshold_db = threshold_db
        self._band = Recursive(*band_pass(1, *BAND_HZ, rate_hz))
        self._mean = Mean(LEVEL_S * rate_hz)
        self._hold = round(HOLD_S * rate_hz)
        self._quiet = self._hold
        self._loud = False
        self._fade = Fade(round(OPEN_S * rate_hz), round(CLOSE_S * rate_hz), at=float(threshold_db <= OFF_DB))
        self._cell = round(CELL_S * rate_hz)
        self._in_cell = 0
        self._cell_power = 0.0
        self._cells = deque([0.0], maxlen=FLOOR_CELLS)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much, at once."""
        out, at = np.empty_like(item), 0
        while at < len(item):
            part = slice(at, min(at + self._cell - self._in_cell, len(item)))  # within one cell of the floor
            self._gate(item[part], out[part])
            at = part.stop
        yield out

    def flush(self) -> Iterator[Block]:
        """Yield nothing: nothing is held back."""
        yield from ()

    def _gate(self, part: Block, out: Block) -> None:
        goal = self._goal(self._powers(part))
        edges = [0, *((goal[1:] != goal[:-1]).nonzero()[0] + 1).tolist(), len(part)]
        for start, end in pairwise(edges):
            gains = self._fade.toward(bool(goal[start]), end - start)
            np.multiply(part[start:end], gains, out=out[start:end])

    def _powers(self, part: Block) -> npt.NDArray[np.float64]:
        """The level at each sample; and the floor's share of it."""
        band = self._band.push(part + NO_DENORMALS)
        powers = self._mean.over(np.square(band, out=band))
        self._cell_power += float(powers.sum())
        self._in_cell += len(part)
        if self._in_cell == self._cell:
            self._cells.append(self._cell_power / self._cell)
            self._in_cell, self._cell_power = 0, 0.0
        return powers

    def _goal(self, powers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether the gate should be open at each sample: hysteresis, then hold."""
        if self.threshold_db <= OFF_DB:
            return np.ones(len(powers), np.bool_)
        opening = max(10 ** (self.threshold_db / 10), min(ROOM, min(self._cells) * ABOVE_FLOOR))
        above = powers > opening
        if above.all():
            self._loud, self._quiet = True, 0
            return above
        now = np.arange(len(powers))
        decided = np.maximum.accumulate(np.where(above | (powers < opening * CLOSE), now, -1))
        loud = np.where(decided < 0, self._loud, above[decided])
        quiet = now - np.maximum.accumulate(np.where(loud, now, -1 - self._quiet))
        self._loud, self._quiet = bool(loud[-1]), min(int(quiet[-1]), self._hold)
        return np.asarray(quiet < self._hold)
