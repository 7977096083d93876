"""Several of the same voice, each a little late and a little out of tune."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.convert.dsp.history import History
from voxhumana.engine import Block

LATE_S = 0.018
"""Middle of the copies' lateness: late enough to be another voice, not yet an echo (20-30 ms)."""


class ChorusSettings(BaseModel):
    """How many, and how loose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["chorus"] = "chorus"
    voices: int = Field(default=3, ge=1, le=6)
    depth_ms: float = Field(default=3.0, ge=0.1, le=10)
    """How far each wanders from its place."""
    rate_hz: float = Field(default=0.7, ge=0.05, le=8)
    """How fast."""
    mix: float = Field(default=0.5, ge=0, le=1)
    """Share of the copies."""

    def open(self, rate_hz: int) -> Chorus:
        """Begin a session."""
        return Chorus(self, rate_hz)


class Chorus:
    """A running chorus."""

    def __init__(self, settings: ChorusSettings, rate_hz: int) -> None:
        self._settings = settings
        self._rate_hz = rate_hz
        self._history = History(4096)
        self._turn = np.arange(settings.voices)[:, None] / settings.voices  # the copies wander apart

    def process(self, block: Block) -> Block:
        """Add the copies to `block`, at most 2,048 samples."""
        s, start = self._settings, self._history.end
        self._history.push(block)
        time = start + np.arange(len(block))
        late = LATE_S + 1e-3 * s.depth_ms * np.sin(
            2 * np.pi * ((s.rate_hz * (1 + 0.2 * self._turn)) * time / self._rate_hz + self._turn)
        )
        place = time - late * self._rate_hz
        whole = np.floor(place)
        base = int(whole.min())
        x = self._history.between(base, self._history.end)
        i = (whole - base).astype(np.intp)
        copies = x[i] + (place - whole) * (x[i + 1] - x[i])
        mixed = (1 - s.mix) * block + s.mix * copies.sum(0) / np.sqrt(s.voices)
        out: Block = mixed.astype(np.float32)
        return out
