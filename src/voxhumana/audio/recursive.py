"""Recursive filters (IIR), block by block, of whatever lengths.

`scipy.signal.lfilter` does the same; but to import it takes 0.6 s of processor time, two thirds of all
that the audio process needed before it spoke.

A block is worked on in pieces. What a piece's own samples make is a product with the impulse response; what
went before adds what the last `k` inputs and outputs make of the rest (direct form I):

    y[0:n] = response[0:n, 0:n] x[0:n]  +  memory[0:n] (x[-1] .. x[-k], y[-1] .. y[-k])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Floats of one kind."""

PIECE = 128
"""Samples; of 16 to 128 the cheapest for blocks of 240 and 256: 11 us (measured)."""


class Recursive:
    """One filter's state; the last axis is time.

    Args:
        b: Coefficients of the input, as in scipy.
        a: Coefficients of the output, as in scipy; as many, and the first is 1.
        rows: Sounds filtered side by side; None = one, without an axis of its own.
        dtype: Of the arithmetic.
    """

    def __init__(
        self, b: npt.ArrayLike, a: npt.ArrayLike, rows: int | None = None, dtype: npt.DTypeLike = np.float64
    ) -> None:
        b, a = np.asarray(b, np.float64), np.asarray(a, np.float64)
        assert len(b) == len(a)
        assert a[0] == 1
        order = len(a) - 1
        poles = np.zeros(PIECE + order)  # impulse response of the output's part alone, after `order` zeros
        for n in range(PIECE):
            poles[order + n] = (n == 0) - a[1:] @ poles[n : order + n][::-1]
        response = np.convolve(poles[order:], b)[:PIECE]
        late = np.subtract.outer(np.arange(PIECE), np.arange(PIECE))
        self._response = np.where(late >= 0, response[late], 0).astype(dtype)
        shift = np.add.outer(np.arange(order), np.arange(1, order + 1))  # what x[-j] does to y[n]: b[n + j]
        b, a = np.pad(b, (0, order)), np.pad(a, (0, order))
        onset = np.hstack([b[shift], -a[shift]])
        starts = np.where(late >= 0, poles[order + late], 0)[:, :order]
        self._memory = (starts @ onset).astype(dtype)
        shape = (order,) if rows is None else (rows, order)
        self._x, self._y = np.zeros(shape, dtype), np.zeros(shape, dtype)

    def push(self, x: Array) -> Array:
        """Filter `x`, [T] or [rows, T]; as much comes out."""
        order = self._x.shape[-1]
        out = np.empty(x.shape, self._response.dtype)
        for start in range(0, x.shape[-1], PIECE):
            piece = x[..., start : start + PIECE]
            n = piece.shape[-1]
            past = np.concatenate([self._x[..., ::-1], self._y[..., ::-1]], -1)
            y = piece @ self._response[:n, :n].T + past @ self._memory[:n].T
            out[..., start : start + n] = y
            if n >= order:
                self._x, self._y = piece[..., -order:], y[..., -order:]
            else:
                self._x = np.concatenate([self._x, piece], -1)[..., -order:]
                self._y = np.concatenate([self._y, y], -1)[..., -order:]
        self._x = self._x.copy()  # of whoever gave it
        return out


class Mean:
    """A mean that forgets: y[n] = (1 - f) x[n] + f y[n - 1], float64.

    Args:
        memory: Samples after which 1/e of a moment is left: f = exp(-1 / memory).
        at: Where it stands at first.
    """

    def __init__(self, memory: float, at: float = 0.0) -> None:
        longest = max(1, int(9 * memory))  # beyond, e^9 would begin to cost digits
        self._fading = np.exp(-np.arange(1, longest + 1) / memory)
        self._growing = (1 - np.exp(-1 / memory)) / self._fading
        self._at = at

    def over(self, powers: Array) -> npt.NDArray[np.float64]:
        """The mean at each sample of `powers`, [T]."""
        out = np.empty(len(powers))
        longest = len(self._fading)
        for start in range(0, len(powers), longest):
            piece = powers[start : start + longest]
            y = out[start : start + len(piece)]
            np.cumsum(piece * self._growing[: len(piece)], out=y)
            y += self._at
            y *= self._fading[: len(piece)]
            self._at = float(y[-1])
        return out


def band_pass(order: int, low_hz: float, high_hz: float, rate_hz: int) -> tuple[Array, Array]:
    """Butterworth's band-pass as `b, a` of `2 * order + 1` coefficients, by the bilinear transform.

    The same numbers as `scipy.signal.butter(order, (low_hz, high_hz), "bandpass", fs=rate_hz)`.
    """
    low, high = np.tan(np.pi * np.array([low_hz, high_hz]) / rate_hz)
    width, middle = high - low, low * high
    prototype = np.exp(1j * np.pi * (2 * np.arange(order) + order + 1) / (2 * order))
    half = prototype * width / 2
    root = np.sqrt(half**2 - middle)
    s_poles = np.concatenate([half + root, half - root])
    z_poles = (1 + s_poles) / (1 - s_poles)
    gain = (width**order / np.prod(1 - s_poles)).real
    zeros = np.concatenate([np.ones(order), -np.ones(order)])
    return gain * np.poly(zeros), np.poly(z_poles).real
