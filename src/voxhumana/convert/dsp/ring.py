"""Ring modulation: the voice times a tone, which moves every partial to where no throat puts it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.engine import Block


class RingSettings(BaseModel):
    """The tone and its share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ring"] = "ring"
    hz: float = Field(default=40, ge=1, le=2000)
    mix: float = Field(default=0.5, ge=0, le=1)
    """Share of the modulated sound."""

    def open(self, rate_hz: int) -> Ring:
        """Begin a session."""
        return Ring(self, rate_hz)


class Ring:
    """A running modulator."""

    def __init__(self, settings: RingSettings, rate_hz: int) -> None:
        self._step = 2 * np.pi * settings.hz / rate_hz
        self._mix = settings.mix
        self._phase = 0.0

    def process(self, block: Block) -> Block:
        """Modulate `block`."""
        phases = self._phase + self._step * np.arange(len(block))
        self._phase = (self._phase + self._step * len(block)) % (2 * np.pi)
        out: Block = (block * (1 - self._mix + self._mix * np.sqrt(2) * np.sin(phases))).astype(np.float32)
        return out
