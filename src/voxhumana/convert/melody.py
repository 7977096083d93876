"""The tune of speech: F0 heard causally, and moved from the speaker's range to a voice's.

float32 [480] at 24 kHz -> log F0 and voicing at the two 10 ms nodes of the block before
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxhumana.convert.dsp.pitch import RATE_HZ as SLOW_HZ
from voxhumana.convert.dsp.pitch import WINDOW, PitchTracker

Array = npt.NDArray[np.float32]

_TAPS = np.sinc(2 * 2000 / 24_000 * (np.arange(17) - 8)) * np.hamming(17)
LOW_PASS = (_TAPS / _TAPS.sum()).astype(np.float32)
"""Pitch is looked for in the first formants, at half the rate; delays by a third of a millisecond."""
STEP = SLOW_HZ // 200
"""The tracker's frame: 5 ms. What it says is 14 ms old: with one block more, about the end of the last."""
GUESS = float(np.log(150.0))
"""Log F0 of a speaker unheard."""
GUESS_FRAMES = 4.0
"""Voiced frames of 10 ms that the guess is worth."""
QUICK = 20
"""Voiced frames after which the mean only creeps: one that ran after every syllable would flatten the tune
(its correlation with the speaker's was 0.84 then, and is 0.89)."""
SPAN, LONG_SPAN = 300.0, 600.0
"""Voiced frames of 10 ms over which the speaker's mean is taken: 3 s, growing to 6."""
LEAP = 0.35
"""Nepers off the mean beyond which a frame counts as no further: an octave's error moves it little."""


class Melody:
    """One speaker's tune and its running mean."""

    def __init__(self) -> None:
        self.mean = GUESS
        self._heard = 0
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
                self._follow(log_f0)
                tune[i], voiced[i] = log_f0 - self.mean, 1
        return tune, voiced

    def _follow(self, log_f0: float) -> None:
        self._heard += 1
        off = log_f0 - self.mean
        if self._heard <= QUICK:
            self.mean += off / (GUESS_FRAMES + self._heard)
        else:
            self.mean += float(np.clip(off, -LEAP, LEAP)) / min(SPAN + self._heard, LONG_SPAN)


def mean_hz(sound: Array) -> float:
    """Usual F0 of speech, its median, float32 [T] at 24 kHz."""
    melody = Melody()
    heard = [GUESS]
    for start in range(0, len(sound) - 479, 480):
        tune, voiced = melody.hear(sound[start : start + 480])
        heard.extend((tune + melody.mean)[voiced > 0])
    return float(np.exp(np.median(heard)))
