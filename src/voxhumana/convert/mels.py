"""The spectrograms that published networks were trained on, in numpy, to a stated error of their own code's.

    float32 [T] -> [frames, bands], a frame every `hop`

`tests/test_vocoder.py` compares each with the published front end's own formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from voxhumana.convert.spectrum import mel_filters

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Front:
    """One front end."""

    rate_hz: int
    fft: int
    hop: int
    bands: int
    """0 = the linear spectrum."""
    low_hz: float = 0.0
    high_hz: float | None = None
    pad: Literal["same", "centre"] = "same"
    """What is mirrored at the ends: so that T / hop frames come out, or that frame 0 is about sample 0."""
    epsilon: float = 0.0
    """Added to the power before the root."""
    scale: Literal["slaney", "htk", "htk-area"] = "slaney"
    """Mel scale: librosa's default, area-normalised; HTK's, peaks of 1, as torchaudio's, or its area."""

    @cached_property
    def _filters(self) -> Array:
        bins = self.fft // 2 + 1
        if self.scale == "slaney":
            return mel_filters(self.rate_hz, bins, self.bands, self.low_hz, self.high_hz)
        top = 2595 * np.log10(1 + (self.high_hz or self.rate_hz / 2) / 700)
        low = 2595 * np.log10(1 + self.low_hz / 700)
        edges = 700 * (10 ** (np.linspace(low, top, self.bands + 2) / 2595) - 1)
        hz = np.linspace(0, self.rate_hz / 2, bins)
        rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
        filters = np.maximum(0, np.minimum(rising, falling))
        if self.scale == "htk-area":
            filters *= (2 / (edges[2:] - edges[:-2]))[:, None]
        return filters.astype(np.float32)

    @cached_property
    def _window(self) -> Array:
        window: Array = np.hanning(self.fft + 1)[:-1].astype(np.float32)
        return window

    def magnitudes(self, sound: Array) -> Array:
        """float32 [frames, bands], or [frames, fft / 2 + 1] without bands; not yet logarithms."""
        pad = (self.fft - self.hop) // 2 if self.pad == "same" else self.fft // 2
        mirrored = np.pad(sound, pad, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(mirrored, self.fft)[:: self.hop]
        spectrum = np.fft.rfft(frames * self._window)
        magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2 + self.epsilon).astype(np.float32)
        return magnitude @ self._filters.T if self.bands else magnitude


HIFIGAN = Front(22_050, 1024, 256, 80, 0.0, 8000.0, epsilon=1e-9)
"""jik876/hifi-gan `meldataset.py` and `config_v*.json`; natural logarithm, floor 1e-5."""
VOCOS = Front(24_000, 1024, 256, 100, pad="centre", scale="htk")
"""gemelo-ai/vocos `feature_extractors.py` and `configs/vocos.yaml`; natural logarithm, floor 1e-7."""
AUTOVC = Front(16_000, 1024, 256, 80, 90.0, 7600.0, pad="centre")
"""auspicious3000/autovc `make_spect.py`; decibels less 16, floor 1e-5, (x + 100) / 100 within 0..1."""
FRAGMENTVC = Front(16_000, 1304, 326, 80, 80.0, pad="centre")
"""yistLin/FragmentVC `data/utils.py` and `convert.py`; pre-emphasis .97, natural logarithm of x + 1e-9."""
OPENVOICE = Front(22_050, 1024, 256, 0, epsilon=1e-6)
"""myshell-ai/OpenVoice `mel_processing.py`; the magnitudes themselves."""

FCPE = Front(16_000, 1024, 160, 128, 0.0, 8000.0, epsilon=1e-9)
"""CNChTu/FCPE `mel_extractor.py`; natural logarithm, floor 1e-5."""
RMVPE = Front(16_000, 1024, 160, 128, 30.0, 8000.0, pad="centre", scale="htk-area")
"""RVC's `infer/lib/rmvpe.py`; natural logarithm, floor 1e-5."""


def hifigan(sound: Array, front: Front = HIFIGAN) -> Array:
    """What a HiFi-GAN hears of [T]."""
    mel: Array = np.log(np.maximum(front.magnitudes(sound), 1e-5))
    return mel


def vocos(sound: Array, front: Front = VOCOS) -> Array:
    """What a Vocos hears of [T]."""
    mel: Array = np.log(np.maximum(front.magnitudes(sound), 1e-7))
    return mel


def autovc(sound: Array) -> Array:
    """What AutoVC and its speaker encoder hear of [T] at 16 kHz, without the high-pass below 30 Hz."""
    decibels = 20 * np.log10(np.maximum(1e-5, AUTOVC.magnitudes(0.96 * sound))) - 16
    mel: Array = np.clip((decibels + 100) / 100, 0, 1).astype(np.float32)
    return mel


def autovc_as_hifigan(mel: Array) -> Array:
    """AutoVC's mels as natural logarithms, as a HiFi-GAN with the same filters wants them."""
    log: Array = np.maximum((mel * 100 - 84) / 20 * np.log(10), np.log(1e-5)).astype(np.float32)
    return log


def fragmentvc(sound: Array) -> Array:
    """What FragmentVC hears of a target's [T] at 16 kHz."""
    sharp = np.concatenate([sound[:1], sound[1:] - np.float32(0.97) * sound[:-1]])
    mel: Array = np.log(FRAGMENTVC.magnitudes(sharp) + 1e-9)
    return mel


def fcpe(sound: Array) -> Array:
    """What FCPE hears of [T] at 16 kHz."""
    return hifigan(sound, FCPE)


def rmvpe(sound: Array) -> Array:
    """What RMVPE hears of [T] at 16 kHz."""
    return hifigan(sound, RMVPE)
