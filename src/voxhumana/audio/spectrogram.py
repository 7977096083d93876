"""Pictures of sound: time to the right, pitch upwards on a scale of ears, louder is brighter."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from voxhumana.engine import Block

WIDE, HIGH = 720, 144
"""Pixels."""
WINDOW_S = 0.03
"""Long enough to show single harmonics of a deep voice as bands, short enough for single syllables."""
LOW_HZ, HIGH_HZ = 60.0, 12_000.0
RANGE_DB = 70.0
"""Below the loudest point that is still shown; more shows only the microphone's noise."""
LONGEST_S = 60.0
PALETTE = np.array([[24, 18, 15], [69, 45, 26], [148, 103, 35], [222, 186, 105], [255, 250, 236]], np.float64)
"""Walnut, brass, ivory: as the pages."""


def picture(sound: Block, rate_hz: int) -> str:
    """A data URI of a PNG, of float32 [T]; the first minute of it."""
    shown = colours(levels(sound[: int(LONGEST_S * rate_hz)], rate_hz))
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def levels(sound: Block, rate_hz: int) -> npt.NDArray[np.float64]:
    """[HIGH, WIDE], 0 to 1, the highest pitch first."""
    size = 1 << (int(WINDOW_S * rate_hz) - 1).bit_length()
    padded = np.concatenate([sound, np.zeros(size, np.float32)])
    starts = np.linspace(0, max(0, len(sound) - 1), WIDE).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[np.minimum(starts, len(padded) - size)]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
    hz = np.geomspace(LOW_HZ, min(HIGH_HZ, rate_hz / 2), HIGH)[::-1]
    bins = np.clip(np.round(hz * size / rate_hz).astype(int), 0, size // 2)
    db = 10 * np.log10(power[:, bins].T + 1e-12)
    top = max(float(db.max()), -40.0)  # silence stays dark
    found: npt.NDArray[np.float64] = np.clip((db - top) / RANGE_DB + 1, 0, 1)
    return found


def colours(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """[..., 3] of the palette, of shares from 0 to 1."""
    at = shares * (len(PALETTE) - 1)
    low = np.minimum(at.astype(int), len(PALETTE) - 2)
    part = (at - low)[..., None]
    mixed = PALETTE[low] * (1 - part) + PALETTE[low + 1] * part
    found: npt.NDArray[np.uint8] = mixed.astype(np.uint8)
    return found
