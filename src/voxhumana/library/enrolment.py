"""Is this recording good enough to learn a voice from, and if not, what to do about it?

float32 [T] at any rate -> Assessment: measurements, and a hint for each flaw, in words for whoever recorded

`spoken` then cuts out what the shelf keeps and the engines learn from. Any thread; 30 s take about 0.5 s.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from voxhumana.engine import Block
from voxhumana.library import likeness
from voxhumana.listen.silero import Silero

LEAST_S, GOOD_S, ENOUGH_S = 3.0, 10.0, 60.0
"""Seconds of speech: without the first nothing is learned, the second is what engines ask for, and more than
the last adds nothing."""
PASSAGE = (
    "The north wind and the sun were disputing which was the stronger, when a traveller came along wrapped "
    "in a warm cloak. They agreed that the one who first made the traveller take his cloak off should be "
    "considered stronger than the other. Then the north wind blew as hard as he could, but the more he blew, "
    "the more closely did the traveller fold his cloak around him."
)
"""To read aloud: 25 s that hold nearly every sound of English (Aesop; the IPA's specimen text)."""

FRAME_S = Silero.hop / Silero.rate_hz
SPEECH, PAUSE = 0.5, 0.1
"""Probability from which a frame is speech (silero-vad's default), and below which it surely is not."""
PAD_S, GAP_S = 0.2, 0.6
"""Kept around speech; a pause longer than the second is cut down to two pads."""
QUIETEST_DB, LOUDEST_DB = -42.0, -12.0
"""dBFS of speech; it is at -26 in ITU-T P.56, and peaks stand 12 to 15 dB above."""
LEAST_SNR_DB = 20.0
"""Below this the hiss is learned with the voice. A choice: quiet rooms have 30 to 45, a fan 15."""
CLIPPED = 5e-4
"""Share of samples on a flat top; the worst of 60 undamaged recordings had 3e-6."""
FLAT = 3
"""Samples in a row at the very peak: two may be chance."""
LEAST_BAND_HZ = 5500
"""A telephone ends at 3.4 kHz, a headset over Bluetooth at 7; engines listen up to 7.6."""
BAND_DB = -60.0
"""The band ends where the spectrum of the speech falls this far below its peak for good."""
LOWEST_HZ = 800
"""Below it nobody looks for the end of the band."""
UNITY = 0.72
"""`likeness.unity` of one person; of 71 speakers, 3 fell below, of 400 pairs 95 % did."""


class Flaw(StrEnum):
    """What can be wrong with a recording."""

    SILENT = "silent"
    SHORT = "short"
    BRIEF = "brief"
    QUIET = "quiet"
    CLIPPED = "clipped"
    NOISY = "noisy"
    DULL = "dull"
    CROWDED = "crowded"


BLOCKING = {Flaw.SILENT, Flaw.SHORT}
"""Nothing can be learned."""
DOUBTFUL = {Flaw.CROWDED}
"""Refused unless somebody who heard it knows better."""


@dataclass(frozen=True)
class Hint:
    """A flaw, and what to do."""

    flaw: Flaw
    text: str
    """One sentence."""

    @property
    def blocking(self) -> bool:
        """Whether the recording cannot be used at all."""
        return self.flaw in BLOCKING

    @property
    def doubtful(self) -> bool:
        """Whether it is used only when somebody insists."""
        return self.flaw in DOUBTFUL


@dataclass(frozen=True)
class Assessment:
    """What was measured, and what follows."""

    duration_s: float
    speech_s: float
    """Of it speech, without pauses."""
    level_db: float
    """RMS of the speech, dBFS."""
    snr_db: float
    """The speech above what is heard in pauses."""
    clipped: float
    """Share of samples cut off at the top."""
    band_hz: float
    """Up to where there is sound."""
    unity: float
    """How alike its two halves are; see `likeness.unity`."""
    hints: tuple[Hint, ...] = ()
    """Gravest first; none for a good recording."""
    voiceprint: npt.NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    """Unit float32 [256]; None where nobody speaks."""

    @property
    def usable(self) -> bool:
        """Whether a voice can be learned from it at all."""
        return not any(hint.blocking for hint in self.hints)

    @property
    def good(self) -> bool:
        """Whether there is nothing to better."""
        return not self.hints

    def report(self) -> dict[str, Any]:
        """The numbers and the hints as plain data, for `--json` and the studio."""
        return {
            "duration_s": round(self.duration_s, 2),
            "speech_s": round(self.speech_s, 2),
            "level_db": round(self.level_db, 1),
            "snr_db": round(self.snr_db, 1),
            "clipped": round(self.clipped, 5),
            "band_hz": round(self.band_hz),
            "unity": round(self.unity, 3),
            "usable": self.usable,
            "hints": [{"flaw": hint.flaw.value, "text": hint.text} for hint in self.hints],
        }


def assess(sound: Block, rate_hz: int) -> Assessment:
    """Measure a recording, float32 [T] at `rate_hz`, T from 0; only its first 4 minutes are looked at."""
    sound = sound[: int(4 * ENOUGH_S * rate_hz)]
    heard = _resampled(sound, rate_hz, Silero.rate_hz)
    likely = _activity(heard)
    active = likely >= SPEECH
    speech_s = float(active.sum() * FRAME_S)
    powers = np.square(heard[: len(likely) * Silero.hop].reshape(-1, Silero.hop), dtype=np.float64).mean(1)
    level_db = _db(float(powers[active].mean())) if active.any() else -120.0
    each = None
    if active.any():
        each = likeness.prints(_cut(heard, _stretches(active), Silero.rate_hz))
    measured = Assessment(
        duration_s=len(sound) / rate_hz,
        speech_s=speech_s,
        level_db=level_db,
        snr_db=level_db - _noise_db(powers, likely),
        clipped=_clipped(sound),
        band_hz=_band_hz(sound, rate_hz, active) if active.any() else 0.0,
        unity=likeness.unity(each) if each is not None else 1.0,
        voiceprint=likeness.mean(each) if each is not None else None,
    )
    return Assessment(**{**vars(measured), "hints": tuple(_hints(measured))})


def spoken(sound: Block, rate_hz: int) -> Block:
    """What of a recording is worth keeping: its speech, pauses shortened, at most `ENOUGH_S`; same rate."""
    heard = _resampled(sound[: int(4 * ENOUGH_S * rate_hz)], rate_hz, Silero.rate_hz)
    return _cut(sound, _stretches(_activity(heard) >= SPEECH), rate_hz)[: int(ENOUGH_S * rate_hz)]


def _hints(m: Assessment) -> list[Hint]:
    if m.speech_s < 0.3:
        text = "Nobody speaks in it; take another file, or the right microphone, not muted."
        return [Hint(Flaw.SILENT, text)]
    hints = []
    if m.speech_s < LEAST_S:
        text = (
            f"{m.speech_s:.1f} s of speech are too few; {LEAST_S:.0f} s are the least, 10 to 30 s are good."
        )
        hints.append(Hint(Flaw.SHORT, text))
    if m.unity < UNITY:
        text = "More than one person seems to speak; use a recording of one, without music or a film behind."
        hints.append(Hint(Flaw.CROWDED, text))
    if m.clipped > CLIPPED:
        text = "It is too loud and cut off at the top; turn the microphone down and record it again."
        hints.append(Hint(Flaw.CLIPPED, text))
    elif m.level_db > LOUDEST_DB:
        text = f"It is very loud ({m.level_db:.0f} dBFS); turn the microphone down a little."
        hints.append(Hint(Flaw.CLIPPED, text))
    if m.level_db < QUIETEST_DB:
        text = f"It is very quiet ({m.level_db:.0f} dBFS); come nearer to the microphone or turn it up."
        hints.append(Hint(Flaw.QUIET, text))
    if m.snr_db < LEAST_SNR_DB:
        text = (
            f"There is noise behind the voice ({m.snr_db:.0f} dB below it, {LEAST_SNR_DB:.0f} or more are "
            "good); go to a quiet room, switch fans off, come nearer to the microphone."
        )
        hints.append(Hint(Flaw.NOISY, text))
    if m.band_hz < LEAST_BAND_HZ:
        text = (
            f"It sounds like a telephone: there is nothing above {m.band_hz / 1000:.1f} kHz; use a wired "
            "microphone or the computer's own instead of a Bluetooth headset or a call's recording."
        )
        hints.append(Hint(Flaw.DULL, text))
    if LEAST_S <= m.speech_s < GOOD_S:
        text = f"{m.speech_s:.0f} s of speech will do; 10 to 30 s come out closer to the voice."
        hints.append(Hint(Flaw.BRIEF, text))
    return hints


def _activity(heard: Block) -> npt.NDArray[np.float64]:
    """Probability of speech in each whole frame of [T] at 16 kHz."""
    stream = _detector().open()
    second = Silero.rate_hz
    likely = [a.speech for at in range(0, len(heard), second) for a in stream.push(heard[at : at + second])]
    return np.array(likely, np.float64)


def _stretches(active: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Where there is speech, with its pads, in seconds from the start."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    joined: list[tuple[float, float]] = []
    for first, last in edges.reshape(-1, 2) * FRAME_S:
        if joined and first - joined[-1][1] < GAP_S:
            joined[-1] = (joined[-1][0], float(last))
        else:
            joined.append((float(first), float(last)))
    return [(max(0.0, first - PAD_S), last + PAD_S) for first, last in joined]


def _cut(sound: Block, stretches: list[tuple[float, float]], rate_hz: int) -> Block:
    parts = [sound[round(first * rate_hz) : round(last * rate_hz)] for first, last in stretches]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _noise_db(powers: npt.NDArray[np.float64], likely: npt.NDArray[np.float64]) -> float:
    """Level of the pauses; where there is none, of the quietest moments."""
    if not len(powers):
        return -120.0
    pauses = powers[likely < PAUSE]
    if len(pauses) * FRAME_S < GAP_S:
        return _db(float(np.quantile(powers, 0.03)))
    return _db(float(np.median(pauses)))


def _clipped(sound: Block) -> float:
    """Share of samples on a flat top, or bottom, of `FLAT` and more."""
    if not len(sound) or (peak := float(np.abs(sound).max())) < 0.1:
        return 0.0
    at_peak = np.concatenate([[0], (np.abs(sound) >= 0.999 * peak).astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(at_peak)).reshape(-1, 2)
    lengths = edges[:, 1] - edges[:, 0]
    return float(lengths[lengths >= FLAT].sum() / len(sound))


def _band_hz(sound: Block, rate_hz: int, active: npt.NDArray[np.bool_]) -> float:
    """Up to where the speech's mean spectrum, in bands of a tenth of an octave, stays above `BAND_DB`."""
    size = 1 << (rate_hz // 25 - 1).bit_length()
    window = np.hanning(size).astype(np.float32)
    starts = (np.flatnonzero(active) * FRAME_S * rate_hz).astype(int)
    frames = [sound[s : s + size] for s in starts if s + size <= len(sound)]
    if not frames:
        return rate_hz / 2
    spectrum = np.mean([np.square(np.abs(np.fft.rfft(frame * window))) for frame in frames], axis=0)
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    edges = LOWEST_HZ * 2 ** np.arange(0, np.log2(rate_hz / 2 / LOWEST_HZ), 0.1)
    bands = np.array([spectrum[(hz >= a) & (hz < b)].mean() for a, b in pairwise(edges)])
    audible = np.flatnonzero(bands > bands.max() * 10 ** (BAND_DB / 10))
    return float(edges[audible[-1] + 1]) if len(audible) else 0.0


def _db(power: float) -> float:
    return 10 * float(np.log10(power + 1e-12))


def _resampled(sound: Block, rate_hz: int, to_hz: int) -> Block:
    if rate_hz == to_hz or not len(sound):
        return sound
    out: Block = soxr.resample(sound, rate_hz, to_hz).astype(np.float32)
    return out


@functools.cache
def _detector() -> Silero:
    return Silero()
