"""Who is speaking: the middle of their pitch, and from it the likely length of their vocal tract."""

from __future__ import annotations

import numpy as np

REMEMBERED = 1024
"""Voiced frames looked back on: 5 s at 5 ms, so about ten of speech."""

PITCH_HZ = (135.0, 185.0, 220.0, 300.0)
TRACT_CM = (17.0, 14.5, 14.0, 12.0)
"""Vocal tract length by pitch: men, women and children are clusters, not a line. Pitch and formant ratios
after Peterson and Barney, 1952; lengths after Fitch and Giedd, 1999. That pitch tells enough of the tract to
normalise it: A. Faria, "Pitch-based Vocal Tract Length Normalization", ICSI TR-03-001, 2003."""


class Speaker:
    """Running median of one speaker's periods; causal, and right from the first syllable on."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._periods = np.zeros(REMEMBERED)
        self._heard = 0
        self.period = rate_hz / 150.0
        """Median period in samples; between men and women as long as nobody spoke."""
        self.tract_cm = 15.5
        """Likely length of the vocal tract."""

    def hear(self, period: float) -> None:
        """Count a voiced frame of this `period`, in samples."""
        self._periods[self._heard % REMEMBERED] = period
        self._heard += 1
        if self._heard > 64 and self._heard % 16:
            return  # it moves slowly by now
        self.period = float(np.median(self._periods[: min(self._heard, REMEMBERED)]))
        self.tract_cm = float(np.interp(self._rate_hz / self.period, PITCH_HZ, TRACT_CM))
