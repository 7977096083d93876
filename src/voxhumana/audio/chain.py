"""Named stages one after another; itself a stage. Opened anywhere, pushed from the audio thread.

A block runs down the whole chain before the next is made, so stages may reuse their buffers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from time import perf_counter

from voxhumana.audio.reblock import Pace, wait_for
from voxhumana.engine import Block, Stage, Stream, taken_hz
from voxhumana.meter import StageLatency
from voxhumana.voice import Voice


def steps_of(*stages: Stage) -> list[tuple[int, int]]:
    """The (rate_hz, hop) of each stage in order, and of those inside it where it has `steps` of its own."""
    return [step for stage in stages for step in getattr(stage, "steps", [(stage.rate_hz, stage.hop)])]


class Chain:
    """Stages in order.

    Args:
        stages: Name -> stage; none at all passes sound on as it is.
        in_rate_hz: Rate of what is pushed.
        frames: Samples a push. If given, each push puts out as much sound as it took, and what that costs
            in waiting for whole hops stands in the ledger as `reblock`.

    Raises:
        ValueError: A stage takes another rate than the one before it puts out.
    """

    def __init__(self, stages: Mapping[str, Stage], in_rate_hz: int, frames: int | None = None) -> None:
        rate_hz = in_rate_hz
        for name, stage in stages.items():
            if taken_hz(stage) != rate_hz:
                raise ValueError(f"{name} takes {taken_hz(stage)} Hz and would be given {rate_hz} Hz")
            rate_hz = stage.rate_hz
        self.in_rate_hz = in_rate_hz
        self.rate_hz = rate_hz
        self._stages = dict(stages)
        steps = steps_of(*stages.values())
        self._wait = wait_for(frames, in_rate_hz, steps) if frames else 0
        even = self._wait == 0 and all(step_hz == in_rate_hz for step_hz, _ in steps)
        self._paced = frames is not None and not even
        self.steps = [(rate_hz, 1)] if self._paced else steps
        self.hop = 1 if frames else math.lcm(*(math.ceil(hop * rate_hz / step_hz) for step_hz, hop in steps))

    @property
    def latency(self) -> int:
        """Samples at `rate_hz`, to the nearest."""
        seconds = sum(Fraction(stage.latency, stage.rate_hz) for stage in self._stages.values())
        return round(seconds * self.rate_hz) + self._wait

    def ledger(self) -> list[StageLatency]:
        """Delay by stage."""
        rows = [StageLatency(name, 1e3 * s.latency / s.rate_hz) for name, s in self._stages.items()]
        return [*rows, StageLatency("reblock", 1e3 * self._wait / self.rate_hz)] if self._wait else rows

    def open(self, voice: Voice | None = None) -> ChainStream:
        """Begin a session of every stage; `voice` is for those that it concerns.

        Raises:
            VoxError: A converter cannot speak in this voice.
        """
        pace = Pace(self._wait, self.in_rate_hz, self.rate_hz) if self._paced else None
        return ChainStream({name: s.open(voice) for name, s in self._stages.items()}, self.in_rate_hz, pace)


class ChainStream:
    """One session of a chain."""

    streams: dict[str, Stream[Block, Block]]
    """The stages' own streams by name, whose knobs may be turned."""

    def __init__(self, streams: dict[str, Stream[Block, Block]], rate_hz: int, pace: Pace | None) -> None:
        self.streams = streams
        self._rate_hz = rate_hz
        self._taken = 0
        self._compute_s = [0.0] * len(streams)
        self._path = list(streams.values())
        self._pace = pace

    @property
    def rtf(self) -> dict[str, float]:
        """Real-time factor of each stage so far."""
        taken_s = max(self._taken, 1) / self._rate_hz
        return {name: s / taken_s for name, s in zip(self.streams, self._compute_s, strict=True)}

    def push(self, item: Block) -> Iterator[Block]:
        """Yield what came out at the end."""
        self._taken += len(item)
        blocks: Iterator[Block] = iter((item,))
        for index, stream in enumerate(self._path):
            blocks = self._through(index, stream, blocks)
        return self._pace.push(len(item), blocks) if self._pace else blocks

    def flush(self) -> Iterator[Block]:
        """Flush the first stage through the others, then the second, to the last."""
        blocks: Iterator[Block] = iter(())
        for index, stream in enumerate(self._path):
            blocks = self._drained(index, stream, blocks)
        return self._pace.flush(blocks) if self._pace else blocks

    def _through(self, index: int, stream: Stream[Block, Block], blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield what `stream` makes of `blocks`, counting the time of that and not what is done with it."""
        compute_s = self._compute_s
        for block in blocks:
            start = perf_counter()
            for out in stream.push(block):
                compute_s[index] += perf_counter() - start
                yield out
                start = perf_counter()
            compute_s[index] += perf_counter() - start

    def _drained(self, index: int, stream: Stream[Block, Block], blocks: Iterable[Block]) -> Iterator[Block]:
        yield from self._through(index, stream, blocks)
        start = perf_counter()
        for out in stream.flush():
            self._compute_s[index] += perf_counter() - start
            yield out
            start = perf_counter()
        self._compute_s[index] += perf_counter() - start
