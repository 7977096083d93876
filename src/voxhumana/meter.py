"""What the path costs: compute per block, and delay by stage. Fed from the audio thread, read anywhere."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from voxhumana.engine import Block

_SHORTEST_S, _LONGEST_S, _STEP = 1e-6, 10.0, 1.01
_FALL_DB_PER_S = 20 / 1.7
"""IEC 60268-10, type I: a peak programme meter falls 20 dB in 1.7 s."""


@dataclass(frozen=True)
class StageLatency:
    """A row of the latency ledger."""

    stage: str
    """What adds it."""
    latency_ms: float
    """Algorithmic delay, declared."""


@dataclass(frozen=True)
class Cost:
    """Compute per block, in milliseconds, and what it means for real time."""

    blocks: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    rtf: float
    """Real-time factor: compute time over sound time; below 1 keeps up."""


class Meter:
    """Collects compute times into a histogram, so that any length of run costs the same, and no allocation.

    The bins are `_STEP` apart, so percentiles are right to 1 %; the maximum is exact.
    """

    def __init__(self) -> None:
        self._bins = np.zeros(int(math.log(_LONGEST_S / _SHORTEST_S) / math.log(_STEP)) + 1, np.int64)
        self._blocks = 0
        self._compute_s = 0.0
        self._sound_s = 0.0
        self._max_s = 0.0

    def add(self, compute_s: float, sound_s: float) -> None:
        """Count one block that took `compute_s` seconds for `sound_s` seconds of sound."""
        clipped = min(max(compute_s, _SHORTEST_S), _LONGEST_S)
        self._bins[int(math.log(clipped / _SHORTEST_S) / math.log(_STEP))] += 1
        self._blocks += 1
        self._compute_s += compute_s
        self._sound_s += sound_s
        self._max_s = max(self._max_s, compute_s)

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds of compute so far, and seconds of sound."""
        return self._compute_s, self._sound_s

    def cost(self) -> Cost:
        """The figures so far."""
        rtf = self._compute_s / self._sound_s if self._sound_s else 0.0
        return Cost(self._blocks, self._percentile_ms(50), self._percentile_ms(99), self._max_s * 1e3, rtf)

    def _percentile_ms(self, percent: float) -> float:
        if not self._blocks:
            return 0.0
        reached = np.searchsorted(np.cumsum(self._bins), self._blocks * percent / 100)
        return float(min(_SHORTEST_S * _STEP ** (int(reached) + 0.5), self._max_s) * 1e3)


class Level:
    """A peak level as meters show it: up at once, down slowly."""

    def __init__(self) -> None:
        self._peak = 0.0
        self.zeros_s = 0.0
        """For how long it has been digital silence, which no live microphone gives."""

    def add(self, block: Block, rate_hz: int) -> None:
        """Let the peak fall for as long as `block` lasts, or rise to it."""
        block_s = len(block) / rate_hz
        top = max(float(block.max()), -float(block.min()))
        self._peak = max(top, self._peak * 10 ** (-_FALL_DB_PER_S / 20 * block_s))
        self.zeros_s = 0.0 if top else self.zeros_s + block_s

    @property
    def db(self) -> float:
        """The level in dBFS, at least -120."""
        return 20 * math.log10(max(self._peak, 1e-6))


def report(cost: Cost, ledger: list[StageLatency], **more: object) -> dict[str, Any]:
    """The object that every `--json` writes: compute, latency by stage and in sum, and the caller's own."""
    return {
        "compute": asdict(cost),
        "latency_ms": {row.stage: row.latency_ms for row in ledger},
        "latency_total_ms": sum(row.latency_ms for row in ledger),
        **more,
    }
