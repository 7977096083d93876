"""The `dsp` converter: crafted character voices, by cutting speech into periods and laying them out anew.

    speech -> pitch -> epochs -> grain -> timbre -> laid down at the glottis' pace -> effects

Everything is causal within `DELAY`: a sound is laid down so long after it came in that its period, its mark,
the next mark and the whole grain are known. Runs on the thread of the live path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import sqrt

import numpy as np

from voxhumana.convert.dsp import grain, pitch
from voxhumana.convert.dsp.epochs import Epoch, Epochs
from voxhumana.convert.dsp.glottis import Glottis
from voxhumana.convert.dsp.history import History
from voxhumana.convert.dsp.settings import DspSettings, settings_of
from voxhumana.convert.dsp.speaker import Speaker
from voxhumana.convert.dsp.timbre import Timbre
from voxhumana.engine import Block
from voxhumana.voice import Voice

RATE_HZ = 48_000
HOP = 240
"""5 ms: the pitch's frame. Two make a block of the denoiser before it, so that nothing waits between them."""
DELAY = 1536
"""32 ms: the longest period (14.3) and its search (7.1) beyond the reach before a mark (10.5)."""
REACH = 504
"""10.5 ms: how far before its mark a grain may begin in the output."""
KEPT = 4096
"""85 ms of sound at hand, before and after: more than any grain reaches."""
PITCH_AGE = 864
"""18 ms: how long ago the sound was to whose period a frame belongs (see `pitch.WINDOW`)."""
SLOW = RATE_HZ // pitch.RATE_HZ
LOW_PASS = np.sinc(2 * 2000 / RATE_HZ * np.arange(-16, 17)) * np.hamming(33)
LOW_PASS = (LOW_PASS / LOW_PASS.sum()).astype(np.float32)
"""2 kHz, windowed (Hamming). What pitch and marks are found in: the first formants, without hiss, at a
quarter of the rate."""
CLEAR = 0.8
"""Clarity from which on a frame tells of the speaker, not of the noise before they speak."""
CONSONANTS = 0.5
"""Share (of the logarithm) of the tract's change that hiss undergoes, lest words be confused."""
OVERLAP_LOSS = 8 / 9
"""Power left where the windows of hiss overlap: 3/4 if its grains were strangers, 1 if they fitted."""


class Dsp:
    """Crafted voices; the voice's settings say everything."""

    name = "dsp"
    rate_hz = RATE_HZ
    hop = HOP
    latency = DELAY

    def open(self, voice: Voice | None = None) -> DspStream:
        """Begin a session.

        Raises:
            VoxError: The voice has nothing for this engine, or something that cannot be meant.
        """
        return DspStream(settings_of(voice, self.name), voice.pitch_semitones if voice else 0.0)


class DspStream:
    """One speaker, one voice."""

    def __init__(self, settings: DspSettings, pitch_semitones: float) -> None:
        self.pitch_semitones = 0.0
        """Shift on top of the voice's own pitch; turned at the next period, so it cannot click."""
        self._own_semitones = pitch_semitones
        self._settings = settings
        self._pending = np.zeros(0, np.float32)

        self._sound = History(KEPT)
        self._slow = History(KEPT // SLOW)
        self._slow.end = -(len(LOW_PASS) // 2) // SLOW  # the filter's own delay, taken back

        self._tracker = pitch.PitchTracker()
        self._periods = deque([0.0] * 16, maxlen=16)
        self._speaker = Speaker(RATE_HZ)
        self._epochs = Epochs(self._slow, SLOW, RATE_HZ)
        self._marks = deque([Epoch(-1.0, voiced=False), Epoch(0.0, voiced=False)], maxlen=3)
        self._glottis = Glottis(settings, RATE_HZ)
        self._timbre = Timbre(settings, RATE_HZ)

        self._next = 0.0
        self._laid = np.zeros(KEPT, np.float32)
        self._laid_at = -DELAY
        self._effects = [effect.open(RATE_HZ) for effect in settings.effects]
        self._gain = np.float32(10 ** (settings.gain_db / 20))

    def push(self, item: Block) -> Iterator[Block]:
        """Yield all whole hops, as one."""
        waiting = np.concatenate([self._pending, item]) if len(self._pending) else item
        whole = len(waiting) // HOP * HOP
        self._pending = waiting[whole:].copy()
        out = np.empty(whole, np.float32)
        for start in range(0, whole, HOP):
            out[start : start + HOP] = self._speak(waiting[start : start + HOP])
        if whole:
            yield out

    def flush(self) -> Iterator[Block]:
        """Yield the rest, as if silence followed."""
        owed = len(self._pending) + DELAY
        for block in self.push(np.zeros(owed + HOP, np.float32)):
            if owed > 0:
                yield block[:owed]
            owed -= len(block)

    def _speak(self, block: Block) -> Block:
        """One hop in, one hop out."""
        self._listen(block)
        horizon = self._sound.end - DELAY + REACH
        while self._next < horizon:
            self._lay_down()
        out = self._laid[:HOP] * self._gain
        self._laid[:-HOP] = self._laid[HOP:]
        self._laid[-HOP:] = 0.0
        self._laid_at += HOP
        for effect in self._effects:
            out = effect.process(out)
        return out

    def _listen(self, block: Block) -> None:
        """Take a hop in and follow its pitch."""
        self._sound.push(block)
        around = self._sound.between(self._sound.end - HOP - len(LOW_PASS) + 1, self._sound.end)
        self._slow.push(np.correlate(around, LOW_PASS)[::SLOW])
        period = SLOW * self._tracker.track(self._slow.between(self._slow.end - pitch.WINDOW, self._slow.end))
        self._periods.append(period)
        if self._tracker.clarity > CLEAR:
            self._speaker.hear(period)

    def _period(self, at: float) -> float:
        """The speaker's period around `at`, as far as known; 0 = unvoiced."""
        back = int((self._sound.end - at - PITCH_AGE) // HOP)
        return self._periods[-1 - min(max(back, 0), 15)]

    def _lay_down(self) -> None:
        """Lay down the grain that belongs to `_next`, and find when the one after it comes.

        While voiced, the glottis sets the pace and the nearest grain serves; otherwise each grain is used
        once, in its own place, so that bursts and hisses stay what they are.
        """
        marks = self._marks
        while marks[-1].at <= self._next:
            marks.append(self._epochs.following(self._period(marks[-1].at)))
        before, mark, after = marks
        left, right = mark.at - before.at, after.at - mark.at
        if after.at - self._next < self._next - mark.at:
            if not after.voiced:
                self._next = after.at
                return
            mark, left = after, right
        tract = self._speaker.tract_cm / self._settings.tract_cm if self._settings.tract_cm else 1.0
        if mark.voiced:
            semitones = self._own_semitones + self.pitch_semitones
            until, strength = self._glottis.close(right, self._speaker.period, semitones)
            self._add(mark.at, left, right, tract, self._next, strength * sqrt(tract * until / right))
            self._next += until
        else:
            hiss = tract**CONSONANTS
            loss = OVERLAP_LOSS if hiss != 1.0 else 1.0
            self._add(mark.at, left, right, hiss, mark.at, sqrt(hiss / loss))
            self._next = after.at

    def _add(self, mark: float, left: float, right: float, tract: float, at: float, gain: float) -> None:
        left = min(left, tract * (REACH + at - self._next))
        right = min(right, self._sound.end - mark - 4.0)  # the spline reads two samples farther
        first, piece = grain.cut(self._sound, mark, left, right, tract, at)
        piece = self._timbre.colour(piece, round(at) - first)
        start = first - self._laid_at
        self._laid[start : start + len(piece)] += np.float32(gain) * piece
