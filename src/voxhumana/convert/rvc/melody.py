"""F0 every 10 ms as the sound comes in, float32 [T] at 12 kHz, by the tracker of the crafted voices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxhumana.convert.dsp import pitch

Array = npt.NDArray[np.float32]

STEP = 60
"""Samples between the tracker's frames, 5 ms: what its costs were measured for."""


class Melody:
    """One speaker's F0."""

    rate_hz = pitch.RATE_HZ

    def __init__(self) -> None:
        self._tracker = pitch.PitchTracker()
        self._past = np.zeros(pitch.WINDOW - STEP, np.float32)

    def hear(self, sound: Array) -> Array:
        """F0 in Hz, float32 [frames], 0 = unvoiced, of [120 * frames].

        It belongs to the sound a frame earlier: the middle of what the tracker sees is 14 ms before its end.
        """
        heard = np.concatenate([self._past, sound])
        self._past = heard[len(sound) :]
        found = []
        for at in range(0, len(sound), 2 * STEP):
            self._tracker.track(heard[at : at + pitch.WINDOW])
            period = self._tracker.track(heard[at + STEP : at + STEP + pitch.WINDOW])
            found.append(pitch.RATE_HZ / period if period else 0.0)
        return np.array(found, np.float32)
