"""A small loudspeaker at the end of a bad line: narrow band, overdrive, crackle while somebody speaks."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.audio.recursive import Recursive, band_pass
from voxhumana.engine import Block

FOLLOW_S = 0.02
"""How fast the crackle follows the voice."""
POPS_HZ = 25.0
"""Pops a second at full crackle."""


class RadioSettings(BaseModel):
    """A line and its faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["radio"] = "radio"
    low_hz: float = Field(default=300, ge=50, le=2000)
    high_hz: float = Field(default=3400, ge=1000, le=10_000)
    """The band that passes; 300-3400 Hz is the telephone's (ITU-T G.712)."""
    drive_db: float = Field(default=12, ge=0, le=40)
    """Gain into the saturation."""
    crackle: float = Field(default=0.2, ge=0, le=1)
    """Hiss and pops, relative to the voice."""

    def open(self, rate_hz: int) -> Radio:
        """Begin a session."""
        return Radio(self, rate_hz)


class Radio:
    """A running line."""

    def __init__(self, settings: RadioSettings, rate_hz: int) -> None:
        band = band_pass(2, settings.low_hz, settings.high_hz, rate_hz)
        self._before, self._after = Recursive(*band), Recursive(*band)
        self._drive = 10 ** (settings.drive_db / 20)
        self._crackle = settings.crackle
        self._pops = POPS_HZ / rate_hz
        self._follow = FOLLOW_S * rate_hz
        self._level = 0.0
        self._random = np.random.default_rng(4)

    def process(self, block: Block) -> Block:
        """Send `block` down the line."""
        count = len(block)
        x = self._before.push(block)
        before, now = self._level, float(np.abs(x).mean())
        self._level += (now - before) * min(1.0, count / self._follow)
        noise = 0.1 * self._random.standard_normal(count)
        pops = self._random.uniform(size=count) < self._pops
        noise[pops] += self._random.uniform(-4, 4, np.count_nonzero(pops))
        noise *= self._crackle * np.linspace(before, self._level, count)
        x = np.tanh(self._drive * (x + noise)) / np.sqrt(self._drive)
        out: Block = self._after.push(x).astype(np.float32)
        return out
