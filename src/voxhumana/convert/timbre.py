"""What the native engine keeps of a person: a voiceprint, a colour and a pitch, from 10-30 s of speech.

float32 [T] at 24 kHz -> Timbre, some 1,100 letters in the voice's file
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Timbre:
    """One person, as the native engine knows them."""

    voiceprint: Array
    """Unit float32 [256] (`voiceprint.py`)."""
    colour: Array
    """float32 [160] (`spectrum.colour`)."""
    f0_hz: float
    """Median pitch."""

    @classmethod
    def parse(cls, text: str) -> Timbre:
        """Read what `str` wrote."""
        values = np.frombuffer(base64.urlsafe_b64decode(text), np.float16).astype(np.float32)
        return cls(values[:256], values[256:416], float(values[416]))

    def __str__(self) -> str:
        values = np.concatenate([self.voiceprint, self.colour, [self.f0_hz]])
        return base64.urlsafe_b64encode(values.astype(np.float16).tobytes()).decode()
