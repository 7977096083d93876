"""Where the speaker's grains lie: one mark a glottal period while voiced, one about every 5 ms otherwise.

Periods are laid end to end as Praat does it (P. Boersma's `To PointProcess (cc)`): the first mark of a voiced
stretch is its largest peak, each next one lies where the sound around it resembles most the sound around the
one before. So every grain shows the period from the same side, and grains join without phase jumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voxhumana.convert.dsp.history import History

UNVOICED_S = 0.005
"""Spacing of marks where there is no period."""
JITTER = 0.2
"""Random part of that spacing, so that grains of noise do not buzz at 200 Hz."""
SEARCH = 0.15
"""How far from where it is expected a mark may lie, in periods."""
REACH_S = 0.005
"""Sound on either side of a mark that is compared, at most."""


@dataclass(frozen=True)
class Epoch:
    """A mark, in samples since the beginning."""

    at: float
    voiced: bool


class Epochs:
    """The marks of one speaker, made one by one as time goes on."""

    def __init__(self, slow: History, ratio: int, rate_hz: int) -> None:
        """Place marks on `slow`, sound at `rate_hz / ratio`; marks count samples at `rate_hz`."""
        self._slow = slow
        self._ratio = ratio
        self._unvoiced = UNVOICED_S * rate_hz
        self._reach = int(REACH_S * rate_hz / ratio)
        self._random = np.random.default_rng(1)
        self._last = Epoch(0.0, voiced=False)

    def following(self, period: float) -> Epoch:
        """Make the next mark, `period` (samples; 0 = unvoiced) being the speaker's at the last one."""
        if not period:
            step = self._unvoiced * (1.0 + JITTER * self._random.uniform(-1.0, 1.0))
            self._last = Epoch(self._last.at + step, voiced=False)
        elif self._last.voiced:
            self._last = Epoch(self._resembling(self._last.at, period), voiced=True)
        else:
            self._last = Epoch(self._peak(self._last.at, period), voiced=True)
        return self._last

    def _peak(self, after: float, period: float) -> float:
        """Largest swing within one period, no nearer to the last mark than half a period."""
        start = round((after + 0.5 * period) / self._ratio)
        piece = self._slow.between(start, start + round(period / self._ratio))
        return float((start + int(np.argmax(np.abs(piece)))) * self._ratio) if len(piece) else after + period

    def _resembling(self, last: float, period: float) -> float:
        """The place about one period on that resembles the last mark's surroundings most."""
        period /= self._ratio
        here = round(last / self._ratio)
        reach = min(self._reach, round(period / 2))
        slack = round(SEARCH * period) + 1
        start = here + round(period) - slack - reach
        around = self._slow.between(here - reach, here + reach + 1)
        ahead = self._slow.between(start, start + 2 * (slack + reach) + 1)
        if len(ahead) < len(around) + 2:
            return last + period * self._ratio
        likeness = np.correlate(ahead, around)
        energy = np.cumsum(np.concatenate([[0.0], ahead * ahead]))
        likeness /= np.sqrt(energy[len(around) :] - energy[: -len(around)] + 1e-9)
        best = int(np.argmax(likeness))
        vertex = 0.0
        if 0 < best < len(likeness) - 1:
            before, at, after = likeness[best - 1 : best + 2]
            if before + after < 2 * at:
                vertex = 0.5 * (before - after) / (before - 2 * at + after)
        return float(last + (start + reach + best + vertex - here) * self._ratio)
