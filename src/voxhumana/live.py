"""THE PATH: microphone -> blocks -> converter -> virtual microphone, in one loop on one thread.

    source.read -> chain.push (gate, denoise, converter, limiter, ...) -> sink.write
                                                                       -> monitor.write

`Live.run` is the audio thread; where many paths share one, it calls `push` and `flush` of each in turn. Other
threads turn a path's knobs by replacing `Live.controls`, an immutable value of which it takes notice once a
block, and read its meters. Nothing here knows a concrete engine, device or operating system.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from voxhumana.audio.device import Sink, Source
from voxhumana.channel import Back, Lost, Meters, Notice, Report, Switched
from voxhumana.engine import Block, Converter, Stream
from voxhumana.errors import DeviceLostError, VoxError
from voxhumana.meter import Level, Meter, StageLatency
from voxhumana.voice import Voice

POLL_S = 0.25
"""Pause between looks for a lost device: sound is wanted back within 3 s, and a look costs about 10 ms."""

DEAD_S = 2.0
"""Zeros for so long are no quiet room: macOS gives them, and no error, where permission is missing."""
UNMUTE = "unmute it, and allow this program the microphone in your system's privacy settings"


@dataclass(frozen=True)
class Role:
    """Who speaks: a voice, and the engine that makes it."""

    voice: Voice
    converter: Converter


@dataclass(frozen=True)
class Controls:
    """Where the knobs stand."""

    role: Role
    pitch_semitones: float = 0.0
    """On top of the voice's own."""
    gate_db: float = -120.0
    """dBFS; -120 = off."""
    muted: bool = False
    bypassed: bool = False


class Chain(Stream[Block, Block], Protocol):
    """The stages between two devices: takes the source's rate, gives the sink's."""

    @property
    def ledger(self) -> list[StageLatency]:
        """Delay by stage, in the order of the sound."""

    @property
    def rtf(self) -> dict[str, float]:
        """Real-time factor by stage."""

    def prepare(self, role: Role) -> None:
        """Open what a voice needs, warm, so that `turn` need not; on any thread, and it takes its time.

        Raises:
            VoxError: The engine cannot speak in this voice.
        """

    def turn(self, controls: Controls) -> None:
        """Bring the knobs to `controls`, without a click."""

    def follow(self, backlog: int) -> float:
        """Steer the rate so that the sink's backlog stays at its mark; return the drift, in ppm."""


class Monitor(Protocol):
    """A second output that comes and goes by itself, and never fails."""

    def write(self, block: Block, rate_hz: int) -> None:
        """Play a block, if there is where; never waits."""


@dataclass(frozen=True)
class Path:
    """One opening of the devices, and the chain made for their rates."""

    source: Source
    chain: Chain
    sink: Sink

    @property
    def ledger(self) -> list[StageLatency]:
        """Delay by stage, from the air to the air."""
        return [
            StageLatency("input", self.source.latency / self.source.rate_hz * 1e3),
            *self.chain.ledger,
            StageLatency("output", self.sink.latency / self.sink.rate_hz * 1e3),
        ]

    @property
    def dropped_ms(self) -> float:
        """Sound thrown away at either end."""
        return (self.source.dropped / self.source.rate_hz + self.sink.dropped / self.sink.rate_hz) * 1e3

    def close(self) -> None:
        """Give the devices back."""
        self.source.close()
        self.sink.close()


class Live:
    """The path, and the supervision that keeps it alive.

    Args:
        open_path: Opens the devices and makes a chain for them and for whoever speaks.
        controls: Where the knobs stand at first.
        monitor: Hears what the sink hears.
        tell: Takes `Switched`, `Notice`, `Lost` and `Back`, on the audio thread; must not wait.

    Raises:
        VoxError: The devices cannot be opened. Later it is no error when they go away, but waited out.
    """

    def __init__(
        self,
        open_path: Callable[[Controls], Path],
        controls: Controls,
        monitor: Monitor,
        tell: Callable[[Report], None],
    ) -> None:
        self.controls = controls
        self.path = open_path(controls)
        self.losses = 0
        self._open_path = open_path
        self._monitor = monitor
        self._tell = tell
        self._turning = threading.Lock()
        self._stopping = threading.Event()
        self._meter = Meter()
        self._in, self._out = Level(), Level()
        self._backlog, self._drift_ppm = 0, 0.0
        self._past_dropped_ms, self._past_underruns = 0.0, 0  # of devices that were lost
        self._turned: Controls | None = None  # of this path

    def run(self) -> None:
        """Be the audio thread until the source ends or somebody says `stop`; lost devices are waited for."""
        try:
            while not self._stopping.is_set():
                try:
                    self._play(self.path.source)
                    break
                except DeviceLostError as why:
                    self._let_go(why)
                    self._reopen()
        finally:
            self.path.close()

    def turn(self, **knobs: Any) -> None:  # noqa: ANN401  # the fields of Controls
        """Set knobs by name; from any thread."""
        with self._turning:
            self.controls = replace(self.controls, **knobs)

    def stop(self) -> None:
        """End `run` at the next block; from any thread."""
        self._stopping.set()

    def meters(self) -> Meters:
        """The numbers of this moment; from any thread."""
        path = self.path
        return Meters(
            in_db=self._in.db,
            out_db=self._out.db,
            cost=self._meter.cost(),
            backlog_ms=self._backlog / path.sink.rate_hz * 1e3,
            dropped_ms=self._past_dropped_ms + path.dropped_ms,
            underruns=self._past_underruns + path.sink.underruns,
            drift_ppm=self._drift_ppm,
        )

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds at work so far, and seconds of sound; from any thread."""
        return self._meter.spent

    def push(self, block: Block) -> None:
        """Take a block all the way; on the audio thread, as is `flush`."""
        began = time.perf_counter()
        path = self.path
        source, chain, sink = path.source, path.chain, path.sink
        if self._turned is not self.controls:
            self._turn(chain)
        for out in chain.push(block):
            sink.write(out)
            self._monitor.write(out, sink.rate_hz)
            self._out.add(out, sink.rate_hz)
        self._backlog = sink.backlog
        self._drift_ppm = chain.follow(self._backlog)
        self._hear(block, source)
        self._meter.add(time.perf_counter() - began, len(block) / source.rate_hz)

    def flush(self) -> None:
        """Give what is held back: no block follows."""
        for out in self.path.chain.flush():
            self.path.sink.write(out)

    def _play(self, source: Source) -> None:
        while not self._stopping.is_set() and (block := source.read()) is not None:
            self.push(block)
        self.flush()

    def _hear(self, block: Block, source: Source) -> None:
        before_s = self._in.zeros_s
        self._in.add(block, source.rate_hz)
        if before_s < DEAD_S <= self._in.zeros_s:
            remedy = "choose another file" if source.name.startswith("file:") else UNMUTE
            self._tell(Notice(text=f"{source.name} gives digital silence; {remedy}."))

    def _turn(self, chain: Chain) -> None:
        before, self._turned = self._turned, self.controls
        chain.turn(self._turned)
        if before and before.role is not self._turned.role:
            role = self._turned.role
            self._tell(Switched(voice=role.voice.name, engine=role.converter.name, ledger=self.path.ledger))

    def _let_go(self, why: DeviceLostError) -> None:
        self.losses += 1
        self._past_dropped_ms += self.path.dropped_ms
        self._past_underruns += self.path.sink.underruns
        self.path.close()
        self._tell(Lost(text=f"{why} Waiting for it to come back."))

    def _reopen(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self.path = self._open_path(self.controls)
                self._turned = None
            except VoxError:  # what was there once comes back
                continue
            self._tell(Back(text=f"Sound is back, from {self.path.source.name} to {self.path.sink.name}."))
            return
