"""Two devices have two clocks: from how much the sink has in store, the ratio that keeps it so.

A proportional-integral loop over the backlog, critically damped and slow, with the blocks' sawtooth taken out
first; after F. Adriaensen, "Controlling adaptive resampling", Linux Audio Conference 2012.

    backlog -> [- target] -> [mean of 2 s] -+-> x 2w -------------+
                                            +-> x w^2, summed up -+-> correction, for `ResampleStream`
"""

from __future__ import annotations

import math

NATURAL = 2 * math.pi * 0.01
"""w, radians a second. A sudden 200 ppm at 48 kHz moves the backlog by 200e-6 * 48,000 / (w e) = 56 samples
before it is made good. Twice as fast, and the steps of a 256-sample block drive the correction to its bound
(simulated)."""

SMOOTH_S = 2.0
"""The backlog comes in steps of a device block; at w, this mean lags by a harmless 7 degrees."""

BOUND = 500e-6
"""Real clocks differ by less than 200 ppm; 500 ppm are 0.9 cents, which nobody hears."""

HEED_S = 0.01
"""An error beyond this is a stall or a trim, not drift: it counts as this much."""


class Drift:
    """Follows one sink.

    Args:
        rate_hz: The sink's.
        target: The backlog to keep, samples: its mean where the sink calls it good.
    """

    def __init__(self, rate_hz: int, target: float) -> None:
        self._rate_hz = rate_hz
        self._target = target
        self._error_s = 0.0
        self._clocks = 0.0

    @property
    def ppm(self) -> float:
        """How much faster the sink's clock is than the source's, parts per million, as far as known."""
        return self._clocks * 1e6

    def correct(self, backlog: int, passed: int) -> float:
        """The factor on the resampling ratio from now on, 1 +- `BOUND`.

        Args:
            backlog: The sink's, just after a write.
            passed: Samples written since the last call.
        """
        dt_s = passed / self._rate_hz
        error_s = _within(HEED_S, (self._target - backlog) / self._rate_hz)
        self._error_s += (error_s - self._error_s) * (1 - math.exp(-dt_s / SMOOTH_S))
        self._clocks = _within(BOUND, self._clocks + NATURAL**2 * self._error_s * dt_s)
        return 1 + _within(BOUND, self._clocks + 2 * NATURAL * self._error_s)


def _within(bound: float, x: float) -> float:
    return max(-bound, min(bound, x))
