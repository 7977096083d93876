"""Loudness match: the converted voice is as loud as its speaker, whatever the converter makes of it.

A voice that wants to be louder or quieter than that (`gain_db`) is, by so much.

Slow and bounded, so that it levels voices and never sounds like a compressor. Only speech counts: in pauses
the gain stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.audio.chain import steps_of
from voxhumana.audio.reblock import Fifo
from voxhumana.audio.recursive import Mean
from voxhumana.engine import Block, Stage, Stream
from voxhumana.voice import Voice

SPEECH = 10 ** (-50 / 10)
"""Power, -50 dBFS: quieter is no speech. A choice, 20 dB below a quiet speaker."""

LEVEL_S = 0.02
"""Over which a moment counts as speech: two periods of a deep voice."""

MEMORY_S = 1.0
"""Seconds of speech that the match looks back on: a few words, so that stress within them stays."""

EXPECTED = 10 ** (-26 / 10)
"""Power, -26 dBFS, assumed on both sides at first: the level of speech in ITU-T P.56."""

BOUND = 10 ** (12 / 20)
"""At most 12 dB up or down."""


class Loudness:
    """A stage made as loud as what goes into it.

    Args:
        stage: The same rate in and out.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.rate_hz = stage.rate_hz
        self.hop = stage.hop
        self.steps = steps_of(stage)

    @property
    def latency(self) -> int:
        """The stage's own; matching adds none."""
        return self._stage.latency

    def open(self, voice: Voice | None = None) -> LoudnessStream:
        """Begin a session of the stage, at a gain of 1."""
        wanted = voice.gain if voice else 1.0
        return LoudnessStream(self._stage.open(voice), self._stage.latency, self.rate_hz, wanted)


class LoudnessStream:
    """One session."""

    stream: Stream[Block, Block]
    """The stage's own, whose knobs may be turned."""

    gain = 1.0
    """What makes both sides equal at present."""

    def __init__(self, stream: Stream[Block, Block], latency: int, rate_hz: int, wanted: float = 1.0) -> None:
        self.stream = stream
        self._wanted = wanted
        self._before = Fifo()
        self._before.write(np.zeros(latency, np.float32))
        self._level = Mean(LEVEL_S * rate_hz)
        self._both = Mean(MEMORY_S * rate_hz, (EXPECTED, EXPECTED))

    def push(self, item: Block) -> Iterator[Block]:
        """Yield what the stage does, at the right level."""
        self._before.write(item)
        for out in self.stream.push(item):
            yield self._matched(out)

    def flush(self) -> Iterator[Block]:
        """Yield what the stage does."""
        self._before.write(np.zeros(len(self._before), np.float32))
        for out in self.stream.flush():
            yield self._matched(out)

    def _matched(self, out: Block) -> Block:
        powers = np.empty((2, len(out)))  # of what went in, and of what came out
        np.square(self._before.read(len(out)), out=powers[0], dtype=np.float64)
        np.square(out, out=powers[1], dtype=np.float64)
        speech = self._level.over(powers[0]) > SPEECH
        if not speech.any():
            return out * np.float32(self.gain * self._wanted)
        is_all = bool(speech.all())
        power_in, power_out = self._both.over(powers if is_all else powers[:, speech])
        np.maximum(power_out, 1e-12, out=power_out)
        gains = np.sqrt(power_in / power_out)
        np.minimum(np.maximum(gains, 1 / BOUND, out=gains), BOUND, out=gains)
        if not is_all:
            gains = np.concatenate([[self.gain], gains])[np.cumsum(speech)]  # between speech, the last one
        self.gain = float(gains[-1])
        matched: Block = out * (gains * self._wanted).astype(np.float32)
        return matched
