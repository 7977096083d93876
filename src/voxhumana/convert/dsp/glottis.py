"""The voice's own vocal folds: when they close next, and how hard."""

from __future__ import annotations

from math import pi, sin

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

TREMOR_HZ = 5.2
"""Rate of an aged voice's tremor; 4-7 Hz is usual."""
SHORTEST_S, LONGEST_S = 1 / 800, 1 / 35
"""Bounds of the output period."""


class Folds(BaseModel):
    """How a voice's folds move."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pitch_hz: float | None = Field(default=None, ge=40, le=500)
    """Median pitch of the voice, whoever speaks; None = the speaker's."""
    range: float = Field(default=1.0, ge=0, le=2)
    """Liveliness: how much of the speaker's melody is kept; 0 = one tone, like a machine."""
    tremor: float = Field(default=0.0, ge=0, le=2)
    """Shake of an old voice, semitones up and down."""
    rough: float = Field(default=0.0, ge=0, le=0.2)
    """Irregularity from period to period, relative; a healthy voice has 0.005."""
    growl: float = Field(default=0.0, ge=0, le=1)
    """Every second closure weaker and late: a note an octave down mixed in."""


class Glottis:
    """One session's closures."""

    def __init__(self, folds: Folds, rate_hz: int) -> None:
        self._folds = folds
        self._rate_hz = rate_hz
        self._random = np.random.default_rng(2)
        self._phase = 0.0
        self._odd = False

    def close(self, period: float, median: float, semitones: float) -> tuple[float, float]:
        """Close once, for a speaker whose period is `period` now and `median` usually, both in samples.

        Returns:
            Samples until the next closure, and the strength of this one (1 = as the speaker's).
        """
        folds, rate_hz = self._folds, self._rate_hz
        middle = rate_hz / folds.pitch_hz if folds.pitch_hz else median
        shake = folds.tremor * sin(self._phase)
        until = middle * (period / median) ** folds.range * 2.0 ** (-(semitones + shake) / 12.0)
        until = min(max(until, SHORTEST_S * rate_hz), LONGEST_S * rate_hz)
        self._phase = (self._phase + 2.0 * pi * TREMOR_HZ * until / rate_hz) % (2.0 * pi)
        strength = 1.0
        if folds.rough:
            wobble, weakness = self._random.standard_normal(2).clip(-2, 2)
            until *= 1.0 + folds.rough * wobble
            strength -= folds.rough * abs(weakness)
        if folds.growl:
            until *= 1.0 + 0.2 * folds.growl * (-1.0 if self._odd else 1.0)
            strength *= 1.0 - 0.8 * folds.growl * self._odd
            self._odd = not self._odd
        return until, strength
