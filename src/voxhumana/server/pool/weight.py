"""What a conversion weighs: the share of a core that it takes, weighed by running it on noise."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np

from voxhumana.server.convert_events import Knobs
from voxhumana.server.engines import Engines
from voxhumana.server.pool.conversion import controls, rack
from voxhumana.server.wire import Inlet, Outlet

PIECE_S, PIECES = 0.05, 16
"""Of noise, pushed one after the other; the cheapest counts."""
CLOCK = time.perf_counter if sys.platform == "win32" else time.thread_time
"""What a piece takes of a core, whoever else runs meanwhile: beside six other programs `ogre` weighed 0.08 of
a core by it, and 0.07 to 0.19 by the time of day, which let in 2 of 16. Windows counts it in 16 ms."""
LEVEL = 0.1
"""Of the noise, RMS: it opens any gate."""


class Scales:
    """Weighs each kind of conversion once; any thread.

    Args:
        engines: To be had from.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._weights: dict[object, float] = {}
        self._lock = threading.Lock()

    def weigh(self, knobs: Knobs) -> float:
        """Seconds of a core for a second of sound."""
        with self._lock:
            key = kind(knobs)
            if key not in self._weights:
                self._weights[key] = self._weighed(knobs)
            return self._weights[key]

    def _weighed(self, knobs: Knobs) -> float:
        inlet = Inlet(knobs.rate_hz, knobs.frames, knobs.frames)
        chain = rack(
            self._engines,
            knobs,
            controls(self._engines, knobs),
            inlet,
            Outlet(knobs.rate_hz, knobs.frames, lambda _: None),
        )
        noise = np.random.default_rng(0).normal(0, LEVEL, knobs.frames).astype(np.float32)
        blocks = max(1, round(PIECE_S * knobs.rate_hz / knobs.frames))
        took_s = []
        for _ in range(PIECES):
            began_s = CLOCK()
            for _ in range(blocks):
                for _ in chain.push(noise):
                    pass
            took_s.append(CLOCK() - began_s)
        return min(took_s) / (blocks * knobs.frames / knobs.rate_hz)


def kind(knobs: Knobs) -> tuple[object, ...]:
    """What a weight depends on."""
    return knobs.voice, knobs.engine, knobs.rate_hz, knobs.block_ms, knobs.denoise
