r"""Sample-rate conversion by a whole factor: a linear-phase filter, taken apart so as to skip zeros.

    up    out[n r + p] = sum_k taps[p + k r] in[n - k]         each phase p a filter of its own on the input
    down  out[n] = sum_p sum_k taps[p + k r] in[(n - k) r - p]    each a filter on every r-th sample of it

It costs a third of libsamplerate, which interpolates its taps anew for each sample: 10 us instead of 31 for
10 ms from 48 to 24 kHz (measured).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.engine import Block

HALF = 21
"""Samples of the lower rate to either side of the middle, which are the delay: as many as `resample.HELD`."""
CUT = 0.935
"""Of the lower rate's band: with the window below, what is under 80 % of it passes, and from 107 % on it is
90 dB down, before it is mirrored."""
WINDOW = 8.96
"""Kaiser's beta for 90 dB: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window
function", 1974."""


def phases(ratio: int) -> Block:
    """The filter's taps at the higher rate, the last first, float32 [ratio, 2 HALF + 1]; sum = 1."""
    half = HALF * ratio
    taps = np.sinc(CUT / ratio * np.arange(-half, half + 1)) * np.kaiser(2 * half + 1, WINDOW)
    padded = np.pad(taps / taps.sum(), (0, ratio - 1))
    return np.ascontiguousarray(padded.reshape(-1, ratio).T[:, ::-1], np.float32)


class UpStream:
    """One session, to a rate `ratio` times as high."""

    def __init__(self, ratio: int) -> None:
        self._phases = phases(ratio) * np.float32(ratio)
        self._past = np.zeros(2 * HALF, np.float32)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield `ratio` times as much."""
        sound = np.concatenate([self._past, item])
        self._past = sound[len(item) :].copy()
        out = np.empty((len(item), len(self._phases)), np.float32)
        for phase, taps in enumerate(self._phases):
            out[:, phase] = np.correlate(sound, taps)
        yield out.reshape(-1)

    def flush(self) -> Iterator[Block]:
        """Yield what is held back."""
        yield from self.push(np.zeros(HALF, np.float32))


class DownStream:
    """One session, to a rate `ratio` times as low."""

    def __init__(self, ratio: int) -> None:
        self._phases = phases(ratio)
        self._past = np.zeros((2 * HALF + 1) * ratio - 1, np.float32)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much, divided; what makes no whole sample waits."""
        ratio, kept = len(self._phases), (2 * HALF + 1) * len(self._phases) - 1
        sound = np.concatenate([self._past, item])
        count = (len(sound) - kept) // ratio
        self._past = sound[count * ratio :].copy()
        if count > 0:
            out = np.zeros(count, np.float32)
            for phase, taps in enumerate(self._phases):
                start = ratio - 1 - phase
                out += np.correlate(sound[start : start + (2 * HALF + count) * ratio : ratio], taps)
            yield out

    def flush(self) -> Iterator[Block]:
        """Yield what is held back."""
        ratio = len(self._phases)
        left = len(self._past) - ((2 * HALF + 1) * ratio - 1)
        more = HALF + (2 * left + ratio) // (2 * ratio)  # to the nearest
        yield from self.push(np.zeros(more * ratio - left, np.float32))
