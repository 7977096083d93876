"""The contracts. Everything that makes or changes sound or text is an `Engine` that opens `Stream`s.

An engine is immutable weights or settings, shareable between sessions and threads.
A stream is one session's state, used from one thread; to reset it, drop it and open another.

Latency is declared in samples and proved by tests: the output of a stream is its input delayed by
`latency`. With `n` samples pushed and the stream flushed, `n + latency` samples came out and
`out[latency + i]` belongs to `in[i]`:

    in    |0123456789        |
    out   |....0123456789    |      latency = 4
          ^ first sample out: silence or onset, never skipped

Nothing is withheld beyond that: once `n` samples are in, all whole hops of them are out.
A block that comes out belongs to the stream and is good until the next is asked for: copy what you keep.
A block that goes in is only read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from voxhumana.voice import Voice

Block: TypeAlias = npt.NDArray[np.float32]
"""Mono sound, float32 [T], full scale +-1.0, any length of at least one sample."""

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Stream(Protocol[In, Out]):
    """One session's state."""

    def push(self, item: In) -> Iterator[Out]:
        """Take `item` and yield whatever is ready now; iterate it to the end before the next call."""

    def flush(self) -> Iterator[Out]:
        """Yield what is still held back, as if silence followed; nothing may be pushed afterwards."""


class Engine(Protocol[In, Out]):
    """Loaded weights or settings."""

    @property
    def latency(self) -> int:
        """Algorithmic delay in samples at the engine's rate."""

    def open(self, voice: Voice | None = None) -> Stream[In, Out]:
        """Begin a session; allocates and warms up, so that `push` does neither."""


class Stage(Engine[Block, Block], Protocol):
    """An engine that turns sound into as much sound: a step of the live path."""

    @property
    def rate_hz(self) -> int:
        """Sample rate of what it puts out; of what it takes too, unless it has an `in_rate_hz`."""

    @property
    def hop(self) -> int:
        """It works in steps of this many samples: output arrives in multiples of it; 1 = any size."""

    def open(self, voice: Voice | None = None) -> Stream[Block, Block]:
        """Begin a session."""


def taken_hz(stage: Stage) -> int:
    """Sample rate of what `stage` takes: the rate of what it puts out, unless it says otherwise."""
    return getattr(stage, "in_rate_hz", stage.rate_hz)


class Conversion(Stream[Block, Block], Protocol):
    """A converter's stream; its knobs may be turned between pushes, without a click."""

    pitch_semitones: float
    """Shift on top of the voice's own pitch, in semitones."""


class Converter(Stage, Protocol):
    """A stage that changes who is speaking. `voice.engines[name]` holds what it needs of the voice."""

    @property
    def name(self) -> str:
        """The word that `--engine` takes."""

    def open(self, voice: Voice | None = None) -> Conversion:
        """Begin a session in this voice.

        Raises:
            VoxError: The voice has nothing for this engine.
        """


@runtime_checkable
class Fitting(Protocol):
    """A converter whose rate, hop and latency are its voice's own, as where each voice is a network."""

    def fit(self, voice: Voice) -> Converter:
        """The converter for this voice.

        Raises:
            VoxError: The voice has nothing for this engine, or something that is missing or bad.
        """


def fitted(converter: Converter, voice: Voice) -> Converter:
    """`converter` as it is for `voice`."""
    return converter.fit(voice) if isinstance(converter, Fitting) else converter


@runtime_checkable
class Learner(Protocol):
    """A converter that takes on any voice from a recording."""

    rate_hz: int

    def learn(self, sound: Block) -> dict[str, Any]:
        """What `voice.engines[name]` shall hold, from 10-30 s of one person's speech at `rate_hz`."""


def fingerprint(learner: Learner) -> str:
    """What tells the learner's weights from others; what was learned under another one is learned anew."""
    return str(getattr(learner, "fingerprint", ""))
