"""Equaliser: a few bands, as one curve over frequency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Curve = npt.NDArray[np.floating]
"""A value for each frequency, [F]."""


class Band(BaseModel):
    """One band."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: Literal["low-cut", "high-cut", "low-shelf", "high-shelf", "peak"]
    hz: float = Field(ge=20, le=20_000)
    """Corner or centre."""
    db: float = Field(default=0.0, ge=-30, le=30)
    """Gain of a shelf or peak."""
    q: float = Field(default=1.0, ge=0.1, le=20)
    """Sharpness of a peak."""


def response(bands: Iterable[Band], hz: Curve) -> Curve:
    """Gain of all bands together at the frequencies `hz`, 1 = unchanged."""
    gain: Curve = np.ones(len(hz))
    for band in bands:
        gain = gain * _gain(band, np.maximum(hz, 1.0) / band.hz)
    return gain


def _gain(band: Band, x: Curve) -> Curve:
    """The band's gain at `x` times its frequency; cuts are Butterworth's, of second order."""
    match band.shape:
        case "low-cut":
            return x**2 / np.sqrt(1 + x**4)
        case "high-cut":
            return 1 / np.sqrt(1 + x**4)
        case "low-shelf":
            share = 1 / (1 + x**2)
        case "high-shelf":
            share = x**2 / (1 + x**2)
        case "peak":
            share = 1 / (1 + (band.q * (x - 1 / x)) ** 2)
    return np.power(10, band.db / 20 * share)
