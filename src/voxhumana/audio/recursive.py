"""Recursive filters (IIR), block by block, of whatever lengths.

`scipy.signal.lfilter` does the same; but to import it takes 0.6 s of processor time, two thirds of all
that the audio process needed before it spoke.

A block is worked on in pieces. What a piece's own samples make is a product with the impulse response; what
went before adds what the last `k` inputs and outputs make of the rest (direct form I):

    y[0:n] = response[0:n, 0:n] x[0:n]  +  memory[0:n] (x[-1] .. x[-k], y[-1] .. y[-k])

Of all whole pieces the first product, and what the inputs of the piece before add, are had at once; and then,
in one more product, the outputs at the ends of the pieces, each of which needs the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Floats of one kind."""

PIECE = 32
"""Samples; of 16 to 128 among the cheapest for blocks of 240 to 960: 17 us for 480 (measured)."""
PIECES = 16
"""At once, at most."""


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
        poles = np.zeros(PIECE * PIECES + order)  # the output's part alone, its impulse response, after zeros
        for n in range(PIECE * PIECES):
            poles[order + n] = (n == 0) - a[1:] @ poles[n : order + n][::-1]
        response = np.convolve(poles[order : order + PIECE], b)[:PIECE]
        late = np.subtract.outer(np.arange(PIECE * PIECES), np.arange(PIECE))
        self._response = np.where(late[:PIECE] >= 0, response[late[:PIECE]], 0).astype(dtype)
        shift = np.add.outer(np.arange(order), np.arange(1, order + 1))  # what x[-j] does to y[n]: b[n + j]
        b, a = np.pad(b, (0, order)), np.pad(a, (0, order))
        onset = np.hstack([b[shift], -a[shift]])
        memory = np.where(late >= 0, poles[order + late], 0)[:, :order] @ onset
        self._memory = memory[:PIECE].astype(dtype)
        self._carry = _carried(memory[:, order:]).astype(dtype)
        shape = (order,) if rows is None else (rows, order)
        self._x, self._y = np.zeros(shape, dtype), np.zeros(shape, dtype)

    def push(self, x: Array) -> Array:
        """Filter `x`, [T] or [rows, T]; as much comes out."""
        out = np.empty(x.shape, self._response.dtype)
        start, end = 0, x.shape[-1]
        while end - start >= 2 * PIECE:
            stop = start + min((end - start) // PIECE, PIECES) * PIECE
            out[..., start:stop] = self._pieces(x[..., start:stop])
            start = stop
        for at in range(start, end, PIECE):
            out[..., at : at + PIECE] = self._piece(x[..., at : at + PIECE])
        return out

    def _pieces(self, x: Array) -> Array:
        """Filter whole pieces, several."""
        order = self._x.shape[-1]
        pieces = x.reshape(*x.shape[:-1], -1, PIECE)
        pasts = np.empty((*pieces.shape[:-1], 2 * order), self._response.dtype)
        pasts[..., 0, :order] = self._x[..., ::-1]
        pasts[..., 1:, :order] = pieces[..., :-1, : -order - 1 : -1]
        made = pieces @ self._response.T + pasts[..., :order] @ self._memory[:, :order].T
        ends = np.concatenate([self._y[..., None, ::-1], made[..., : -order - 1 : -1]], -2)
        ends = ends.reshape(*x.shape[:-1], -1)
        size = ends.shape[-1]
        ends = (ends @ self._carry[:size, :size].T).reshape(*x.shape[:-1], -1, order)
        out: Array = made + ends[..., :-1, :] @ self._memory[:, order:].T
        self._x, self._y = x[..., -order:].copy(), ends[..., -1, ::-1]
        return out.reshape(x.shape)

    def _piece(self, x: Array) -> Array:
        """Filter a piece, or less."""
        order, n = self._x.shape[-1], x.shape[-1]
        past = np.concatenate([self._x[..., ::-1], self._y[..., ::-1]], -1)
        y: Array = x @ self._response[:n, :n].T + past @ self._memory[:n].T
        if n >= order:
            self._x, self._y = x[..., -order:].copy(), y[..., -order:]
        else:
            self._x = np.concatenate([self._x, x], -1)[..., -order:]
            self._y = np.concatenate([self._y, y], -1)[..., -order:]
        return y


def _carried(memory: Array) -> Array:
    """What the outputs at the ends of all pieces, the last first, make of those at later ends.

    Args:
        memory: float64 [PIECE * PIECES, k]: what the last `k` outputs make of all that follow.

    Returns:
        float64 [k (PIECES + 1), k (PIECES + 1)].
    """
    order = memory.shape[1]
    steps = [np.eye(order), *(piece[: -order - 1 : -1] for piece in np.split(memory, PIECES))]
    carry = np.zeros((PIECES + 1, order, PIECES + 1, order))
    for end in range(PIECES + 1):
        for start in range(end + 1):
            carry[end, :, start] = steps[end - start]
    return carry.reshape(order * (PIECES + 1), -1)


class Mean:
    """A mean that forgets: y[n] = (1 - f) x[n] + f y[n - 1], float64; the last axis is time.

    Args:
        memory: Samples after which 1/e of a moment is left: f = exp(-1 / memory).
        at: Where it stands at first; a number for each of several rows.
    """

    def __init__(self, memory: float, at: float | Sequence[float] = 0.0) -> None:
        longest = max(1, int(9 * memory))  # beyond, e^9 would begin to cost digits
        self._fading = np.exp(-np.arange(1, longest + 1) / memory)
        self._growing = (1 - np.exp(-1 / memory)) / self._fading
        self._at = np.asarray(at, np.float64)

    def over(self, powers: Array) -> npt.NDArray[np.float64]:
        """The mean at each sample of `powers`, [T] or [rows, T]."""
        out = np.empty(powers.shape)
        longest = len(self._fading)
        for start in range(0, powers.shape[-1], longest):
            piece = powers[..., start : start + longest]
            n = piece.shape[-1]
            y = out[..., start : start + n]
            np.multiply(piece, self._growing[:n], out=y)
            y.cumsum(-1, out=y)
            y += self._at[..., None]
            y *= self._fading[:n]
            self._at = y[..., -1].copy()
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
