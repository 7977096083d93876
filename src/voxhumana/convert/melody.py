"""The tune of speech: F0 heard causally, and moved from the speaker's range to a voice's.

float32 [480] at 24 kHz -> log F0 and voicing at the two 10 ms nodes of the block before
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin

from voxhumana.convert.dsp.pitch import RATE_HZ as SLOW_HZ
from voxhumana.convert.dsp.pitch import WINDOW, PitchTracker

Array = npt.NDArray[np.float32]

LOW_PASS = firwin(17, 2000, fs=24_000).astype(np.float32)
"""Pitch is looked for in the first formants, at half the rate; delays by a third of a millisecond."""
STEP = SLOW_HZ // 200
"""The tracker's frame: 5 ms. What it says is 14 ms old: with one block more, about the end of the last."""
GUESS = float(np.log(150.0))
"""Log F0 of a speaker unheard."""
GUESS_FRAMES = 8.0
"""Voiced frames of 10 ms that the guess is worth."""
SPAN = 600.0
"""Voiced frames of 10 ms over which the speaker's mean is taken: 6 s."""


class Melody:
    """One speaker's tune and its running mean."""

    def __init__(self, span: float = SPAN) -> None:
        self.mean = GUESS
        self._trust, self._span = GUESS_FRAMES, span
        self._tracker = PitchTracker()
        self._past = np.zeros(len(LOW_PASS) - 1, np.float32)
        self._slow = np.zeros(WINDOW, np.float32)

    def hear(self, block: Array) -> tuple[Array, Array]:
        """Log F0 [2] less the mean, which follows, and voicing [2], 0 or 1; `block` is float32 [480]."""
        heard = np.concatenate([self._past, block])
        self._past = heard[-len(self._past) :]
        slow = np.concatenate([self._slow, np.convolve(heard, LOW_PASS, "valid")[::2]])
        self._slow = slow[-WINDOW:]
        ends = range(WINDOW + STEP, len(slow) + 1, STEP)
        periods = [self._tracker.track(slow[end - WINDOW : end]) for end in ends][1::2]
        tune, voiced = np.zeros(2, np.float32), np.zeros(2, np.float32)
        for i, period in enumerate(periods):
            if period > 0:
                log_f0 = float(np.log(SLOW_HZ / period))
                self._trust = min(self._trust + 1, self._span)
                self.mean += (log_f0 - self.mean) / self._trust
                tune[i], voiced[i] = log_f0 - self.mean, 1
        return tune, voiced


def mean_hz(sound: Array) -> float:
    """Geometric mean F0 of speech, float32 [T] at 24 kHz."""
    melody = Melody(span=np.inf)
    for start in range(0, len(sound) - 479, 480):
        melody.hear(sound[start : start + 480])
    return float(np.exp(melody.mean))
