"""A converter for Vox Humana, whole: the ring modulator that made robots speak.

    block -> times a slow cosine -> block

`pip install ./examples/ringmod`, then `vox live --engine ringmod`. A voice may say how fast:
`engines: {ringmod: {carrier_hz: 45}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.engine import Block
from voxhumana.voice import Voice

CARRIER_HZ = 30.0
"""The BBC's Daleks had 30 Hz."""


class RingMod:
    """The engine: settings only, shared by every session. `vox` finds it by the entry point."""

    name = "ringmod"
    rate_hz = 48_000
    hop = 1  # it takes blocks of any size
    latency = 0  # and delays nothing

    def open(self, voice: Voice | None = None) -> RingModStream:
        """Begin a session; a voice that says nothing of this engine will do."""
        settings = voice.engines.get(self.name, {}) if voice else {}
        return RingModStream(float(settings.get("carrier_hz", CARRIER_HZ)) / self.rate_hz)


class RingModStream:
    """One session's state: where the carrier stands."""

    pitch_semitones = 0.0  # the user's knob: it moves the carrier

    def __init__(self, turns_per_sample: float) -> None:
        self._step = turns_per_sample
        self._phase = 0.0

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much as was taken, at once."""
        turns = self._phase + np.arange(len(item)) * self._step * 2 ** (self.pitch_semitones / 12)
        self._phase = float(turns[-1] + self._step * 2 ** (self.pitch_semitones / 12)) % 1.0
        yield item * (0.4 + 0.6 * np.cos(2 * np.pi * turns)).astype(np.float32)

    def flush(self) -> Iterator[Block]:
        """Yield nothing: nothing is held back."""
        yield from ()
