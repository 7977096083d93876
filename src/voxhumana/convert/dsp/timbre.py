"""The colour of a grain, changed in one trip through its spectrum: resonances spread, air put in, evened out.

Every speaker and every microphone has a long-term spectrum. What is heard so far is compared with the average
of speech, and the difference taken back, slowly: so that a voice has its own colour whoever speaks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.convert.dsp.tone import Band, response
from voxhumana.engine import Block

SIZE = 2048
"""Length of the transform; no grain is longer."""

BANDS_HZ = np.array(
    [250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000, 10_000]
)
SPEECH_DB = np.array(
    [60.3, 59.0, 62.1, 62.1, 60.5, 56.8, 53.7, 53.0, 52.0, 48.7, 48.1, 46.8, 45.6, 44.5, 44.3, 43.7, 43.4]
)
"""Long-term average spectrum of speech, third octaves, men and women of many languages: D. Byrne et al.,
"An international comparison of long-term average speech spectra", 1994. Lower bands hang on the pitch."""
MIDDLE = slice(1, 12)
"""Bands whose mean level is kept: 315-3150 Hz."""
MOST_DB = 9.0
"""Largest boost: what is not there cannot be made louder."""
LEAST_DB = -15.0
"""Largest cut."""
PATIENCE = 200.0
"""Grains after which half of the difference is taken back: about a second of speech."""
FORGET = 1 - 1 / 5000
"""Weight of the past, a grain."""
LOUD = 1e-3
"""Grains weaker than this beside the loudest lately are not speech: -30 dB."""

SPREAD_HZ = 1000.0
"""Between the first resonance and the second: what is below moves down, what is above up."""
PHASES = 61
"""Random spectra in store; a prime, so that they fall in step with nothing."""
BREATH_HZ = 1500.0
"""Below this breath fades by 6 dB an octave: aspiration lacks low tones (Klatt and Klatt, 1990)."""


class Mouth(BaseModel):
    """What a voice makes of the sound of its folds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tract_cm: float | None = Field(default=None, ge=9, le=30)
    """Length of the vocal tract: man 17, woman 14.5, child 12; None = the speaker's."""
    spread: float = Field(default=0.0, ge=-0.2, le=0.2)
    """Share by which high resonances move up and low ones down: another mouth, not only a longer one."""
    even: float = Field(default=0.0, ge=0, le=1)
    """How far the speaker's own colour, and their microphone's, is evened out to average speech."""
    breath: float = Field(default=0.0, ge=0, le=1)
    """How much of the tone is air: 0.1 soft, 0.3 breathy, 1 whisper."""
    tone: tuple[Band, ...] = Field(default=(), max_length=12)
    """The voice's own colour: bands of an equaliser."""


class Timbre:
    """One speaker's colour, and one voice's."""

    def __init__(self, mouth: Mouth, rate_hz: int) -> None:
        hz = np.fft.rfftfreq(SIZE, 1 / rate_hz)
        self._even = mouth.even
        self._edges = np.searchsorted(hz, BANDS_HZ * 2 ** (-1 / 6))
        self._end = int(np.searchsorted(hz, BANDS_HZ[-1] * 2 ** (1 / 6)))
        self._place = np.interp(np.log(np.maximum(hz, 1)), np.log(BANDS_HZ), np.arange(len(BANDS_HZ)))
        self._power = np.zeros(len(BANDS_HZ))
        self._loudest = 0.0
        self._heard = 0
        self._tone = response(mouth.tone, hz).astype(np.float32)
        self._gain = self._tone
        self._frame = np.zeros(SIZE, np.float32)

        read_at = np.arange(len(hz)) / (1 + mouth.spread * np.tanh(np.log2(np.maximum(hz, 1) / SPREAD_HZ)))
        self._below = np.minimum(read_at.astype(np.intp), len(hz) - 2)
        self._beside = np.minimum(read_at - self._below, 1).astype(np.float32)
        self._spread = mouth.spread

        random = np.random.default_rng(3)
        rise = np.minimum(hz / BREATH_HZ, 1.5) * np.sqrt(mouth.breath)
        self._air = (rise * np.exp(2j * np.pi * random.uniform(size=(PHASES, len(hz))))).astype(np.complex64)
        self._ringing = np.float32(np.sqrt(1.0 - mouth.breath))
        self._window = np.hanning(SIZE) * np.sqrt(1 / 0.375)  # keeps the energy of what it is laid on
        self._turn = 0

    def colour(self, grain: Block, centre: int) -> Block:
        """Change the colour of `grain`, float32 [T], T <= SIZE, whose window is highest at `centre`."""
        count = len(grain)
        self._frame[:] = 0.0  # centred, so that the phase turns slowly and can be read between bins
        self._frame[: count - centre] = grain[centre:]
        self._frame[SIZE - centre :] = grain[:centre]
        spectrum = np.fft.rfft(self._frame)
        if self._spread:
            low = spectrum[self._below]
            spectrum = low + self._beside * (spectrum[self._below + 1] - low)
        level = np.abs(spectrum) if self._ringing < 1.0 else None
        if self._even:
            self._hear(spectrum[: self._end])
        spectrum *= self._gain
        coloured = np.fft.irfft(spectrum)
        out: Block = np.concatenate([coloured[SIZE - centre :], coloured[: count - centre]])
        if level is not None:
            self._turn = (self._turn + 1) % PHASES
            air = np.fft.irfft(level * self._gain * self._air[self._turn])[:count]
            window = self._window[np.arange(count) * SIZE // count]
            out = self._ringing * out + (air * window * np.sqrt(SIZE / count)).astype(np.float32)
        return out

    def _hear(self, spectrum: npt.NDArray[np.complexfloating]) -> None:
        """Learn the speaker's colour from the spectrum of one more grain, up to the last band's end."""
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        bands = np.add.reduceat(power, self._edges)
        total = float(bands.sum())
        self._loudest = max(total, self._loudest * FORGET)
        if total < LOUD * self._loudest or total == 0.0:
            return
        self._power = self._power * FORGET + bands
        self._heard += 1
        if self._heard % 16:
            return
        own = 10 * np.log10(self._power + 1e-30)
        missing = (SPEECH_DB - SPEECH_DB[MIDDLE].mean()) - (own - own[MIDDLE].mean())
        share = self._even * self._heard / (self._heard + PATIENCE)
        gain_db = np.clip(share * missing, LEAST_DB, MOST_DB)
        between_db = np.interp(self._place, np.arange(len(gain_db)), gain_db)
        self._gain = self._tone * (10 ** (between_db / 20)).astype(np.float32)
