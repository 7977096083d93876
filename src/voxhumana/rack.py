"""The stages between two devices, and their knobs: the chain of the live path.

    guard -> gate -> denoise -> | to engine -> converter -> from engine -> loudness -> limiter | -> to output
                                |                            lane                              |

A lane belongs to a voice. Another voice gets another lane, and the switch fades from one to the other.
What is off is not there, and adds nothing. Lanes are made on any thread, all else runs on the audio thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np

from voxhumana.audio.chain import Chain, ChainStream
from voxhumana.audio.device import Sink, Source
from voxhumana.audio.drift import Drift
from voxhumana.audio.gate import GateStream
from voxhumana.audio.limiter import Limiter
from voxhumana.audio.loudness import Loudness, LoudnessStream
from voxhumana.audio.reblock import Pace, wait_for
from voxhumana.audio.resample import Resample
from voxhumana.audio.switch import SwitchStream
from voxhumana.engine import Block, Conversion, Converter, Stage
from voxhumana.live import Controls, Role
from voxhumana.meter import StageLatency


def stages(converter: Converter, rate_hz: int) -> dict[str, Stage]:
    """What turns sound at `rate_hz` into the same sound in another voice; nothing for `identity`."""
    if converter.name == "identity":
        return {}
    inner: dict[str, Stage] = {converter.name: converter}
    if converter.rate_hz != rate_hz:
        to_engine, from_engine = Resample(rate_hz, converter.rate_hz), Resample(converter.rate_hz, rate_hz)
        inner = {"to engine": to_engine, **inner, "from engine": from_engine}
    return {converter.name: Loudness(Chain(inner, rate_hz)), "limiter": Limiter(rate_hz)}


def turn_pitch(stream: ChainStream, converter: Converter, semitones: float) -> None:
    """Turn the converter's knob in an open chain of `stages`."""
    if matched := stream.streams.get(converter.name):
        inner = cast("ChainStream", cast("LoudnessStream", matched).stream)
        cast("Conversion", inner.streams[converter.name]).pitch_semitones = semitones


class Lane:
    """A voice's own stages, open and warm.

    Args:
        role: Whose.
        rate_hz: Of what it takes and gives.
        frames: Samples a push.
    """

    def __init__(self, role: Role, rate_hz: int, frames: int) -> None:
        self.role = role
        self.chain = Chain(stages(role.converter, rate_hz), rate_hz, frames)
        self.stream = self.chain.open(role.voice)


class Rack:
    """See `live.Chain`.

    Args:
        front: What is done to the sound before any voice: guard, gate, denoise, by name.
        controls: Who speaks at first.
        source: Gives its rate and blocks.
        sink: Gives its rate, and its clock if that is not the source's.
    """

    def __init__(self, front: Mapping[str, Stage], controls: Controls, source: Source, sink: Sink) -> None:
        front_chain = Chain(front, source.rate_hz)
        steps = [(stage.rate_hz, stage.hop) for stage in front.values()]
        wait = wait_for(source.frames, source.rate_hz, steps)
        self._rate_hz = front_chain.rate_hz
        out = Resample(self._rate_hz, sink.rate_hz)
        self._frames = source.frames if front_chain.hop == 1 else front_chain.hop
        self._lane = self._open(controls.role)
        self._opened: Lane | None = None
        self._before = front_chain.ledger()
        self._after: list[StageLatency] = []
        self._front = front_chain.open()
        self._switch = SwitchStream(self._lane.stream, self._lane.chain.latency, self._rate_hz)
        self._pace = Pace(wait, source.rate_hz, self._rate_hz)
        if wait:
            self._after.append(StageLatency("pace", wait / self._rate_hz * 1e3))
        self._drift = Drift(sink.rate_hz, sink.mark) if sink.clock != source.clock else None
        self._steered = out.follow() if self._drift else None
        self._out = self._steered or (out.open() if sink.rate_hz != self._rate_hz else None)
        if self._out:
            self._after.append(StageLatency("to output", out.latency / sink.rate_hz * 1e3))
        self._given = 0

    @property
    def ledger(self) -> list[StageLatency]:
        """See `live.Chain`."""
        return [*self._before, *self._lane.chain.ledger(), *self._after]

    @property
    def rtf(self) -> dict[str, float]:
        """See `live.Chain`."""
        return self._front.rtf | self._lane.stream.rtf

    def prepare(self, role: Role) -> None:
        """See `live.Chain`."""
        self._opened = self._open(role)

    def turn(self, controls: Controls) -> None:
        """See `live.Chain`."""
        if controls.role is not self._lane.role:
            opened, self._opened = self._opened, None
            self._lane = opened if opened and opened.role is controls.role else self._open(controls.role)
            self._switch.swap(self._lane.stream, self._lane.chain.latency)
        turn_pitch(self._lane.stream, controls.role.converter, controls.pitch_semitones)
        if gate := self._front.streams.get("gate"):
            cast("GateStream", gate).threshold_db = controls.gate_db
        self._switch.muted = controls.muted
        self._switch.bypassed = controls.bypassed

    def follow(self, backlog: int) -> float:
        """See `live.Chain`."""
        given, self._given = self._given, 0
        if not (self._drift and self._steered):
            return 0.0
        self._steered.correction = self._drift.correct(backlog, given)
        return self._drift.ppm

    def push(self, item: Block) -> Iterator[Block]:
        """Yield as much as `item`, at the sink's rate."""
        yield from self._sent(self._pace.push(len(item), self._voiced(self._front.push(item))))

    def flush(self) -> Iterator[Block]:
        """Yield what is held back."""
        yield from self._sent(self._pace.flush(self._drained()))
        if self._out:
            yield from self._out.flush()

    def _open(self, role: Role) -> Lane:
        return Lane(role, self._rate_hz, self._frames)

    def _voiced(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Whole pushes, as the lanes were promised, from stages that may put out several pieces."""
        pieces = list(blocks)
        if pieces:
            yield from self._switch.push(pieces[0] if len(pieces) == 1 else np.concatenate(pieces))

    def _drained(self) -> Iterator[Block]:
        yield from self._voiced(self._front.flush())
        yield from self._switch.flush()

    def _sent(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            for out in self._out.push(block) if self._out else (block,):
                self._given += len(out)
                yield out
