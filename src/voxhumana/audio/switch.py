"""Where the live path changes its mind without a click: another voice, bypass, mute.

    lane       sound -> converter -> wet --+
                 |                         +-- bypass fades between them --+
                 +---> as late ---> dry ---+                               +-- voices cross-fade -- mute -->
    next lane  (the same, while a new voice takes over) -------------------+

A new voice first runs along unheard for its own latency, so that it has something to say when it fades in.
Knobs are set by any thread and obeyed from the next push on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.audio.fade import Fade
from voxhumana.audio.reblock import Fifo
from voxhumana.engine import Block, Stream

FADE_S = 0.015
"""A choice: one and a half periods of a deep voice, and a voice of 33 ms has taken over within 50 ms."""


class SwitchStream:
    """A stream that can be given another converter's stream while it runs.

    Args:
        stream: What it begins with.
        latency: Its stage's, samples.
        rate_hz: Of all streams.
    """

    bypassed = False
    """Let the dry sound through, as late as the converted one; the converter goes on unheard."""
    muted = False
    """Silence; all goes on unheard."""

    def __init__(self, stream: Stream[Block, Block], latency: int, rate_hz: int) -> None:
        fade = round(FADE_S * rate_hz)
        self._lane = _Lane(stream, latency)
        self._next: _Lane | None = None
        self._handed: _Lane | None = None
        self._wet = Fade(fade, fade)
        self._voiced = Fade(fade, fade)
        self._crossing = Fade(fade, fade, at=0)

    @property
    def latency(self) -> int:
        """Samples, of the voice that is heard."""
        return self._lane.latency

    def swap(self, stream: Stream[Block, Block], latency: int) -> None:
        """Hand over a stream to change to; of several in a hurry, the last one counts.

        It should put out as much as it takes at each push (a chain opened with `frames` does): what it
        withholds is withheld from the path.

        Args:
            stream: Fresh or warm, at this stage's rate; not touched by the caller any more.
            latency: Its stage's, samples.
        """
        self._handed = _Lane(stream, latency)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield the mix, as much as every running lane has ready."""
        if self._handed and not self._next:
            self._next, self._handed = self._handed, None
        lanes = [self._lane, self._next] if self._next else [self._lane]
        for lane in lanes:
            lane.push(item)
        n = min(lane.ready for lane in lanes)
        if n:
            yield self._mixed(n)

    def flush(self) -> Iterator[Block]:
        """Yield what the voice that is heard still holds."""
        self._lane.flush()
        if self._lane.ready:
            yield self._mixed(self._lane.ready)

    def _mixed(self, n: int) -> Block:
        wet = self._wet.toward(not self.bypassed, n)
        out = self._lane.read(n, wet)
        if self._next:
            warm = self._next.given >= self._next.latency
            coming = self._next.read(n, wet)
            out = _blend(out, coming, self._crossing.toward(warm, n))
            if self._crossing.at == 1:
                self._lane, self._next = self._next, None
                self._crossing.at = 0
        return _blend(np.zeros_like(out), out, self._voiced.toward(not self.muted, n))


class _Lane:
    """A converter's stream, and the dry sound delayed to line up with it.

    `given` counts the samples read so far.
    """

    def __init__(self, stream: Stream[Block, Block], latency: int) -> None:
        self._stream = stream
        self._wet = Fifo()
        self._dry = Fifo()
        self._dry.write(np.zeros(latency, np.float32))
        self.latency = latency
        self.given = 0

    @property
    def ready(self) -> int:
        """Samples that can be read."""
        return len(self._wet)

    def push(self, item: Block) -> None:
        self._dry.write(item)
        for block in self._stream.push(item):
            self._wet.write(block)

    def flush(self) -> None:
        for block in self._stream.flush():
            self._wet.write(block)

    def read(self, n: int, wet: Block | float) -> Block:
        self.given += n
        return _blend(self._dry.read(n), self._wet.read(n), wet)


def _blend(old: Block, new: Block, share: Block | float) -> Block:
    """Go from `old` to `new` as far as `share` says; neither is changed."""
    if isinstance(share, float):
        return new if share == 1 else old
    return old + (new - old) * share
