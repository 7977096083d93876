"""One peer's live conversion: the very path of `vox live`, with a socket where the devices are.

    Inlet.read -> Rack (guard, gate, denoise, converter, limiter) -> Outlet.write

It has no thread of its own, but takes its turns on one that it shares (`mill`); its knobs are turned and its
meters read from others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from voxhumana import build
from voxhumana.audio.device import Sink, Source
from voxhumana.channel import Meters, Report, Switched
from voxhumana.engine import Block
from voxhumana.live import Controls, Live, Path
from voxhumana.rack import Rack
from voxhumana.server.convert_events import Knobs
from voxhumana.server.engines import Engines
from voxhumana.server.wire import Inlet, Outlet

LATE_S = 1.0
"""Sound that may wait: what a peer on a bad network sends at once is less, and so is a busy machine's stall.
It is no lasting delay, as what waits is worked on faster than it came; a peer that cannot use it drops it."""
AT_ONCE_S = 0.04
"""Sound that is worked on at once where it waits: what most send, 20 ms, costs a tenth less than in two
blocks, and who is late catches up the faster. No more than this, as others wait for it."""


class Conversion:
    """A running path.

    Args:
        engines: To be had from.
        knobs: Where they stand at first.
        give: Takes what comes out, float32 [T], on the mill's thread; must copy, and not wait.
        switched: Told when another voice has taken over, on the mill's thread.
        failed: Told what ended the path that should not have, on the mill's thread.
        wants: Gives it a turn, on which `work` is called.

    Raises:
        VoxError: A voice or an engine cannot be had.
    """

    def __init__(
        self,
        engines: Engines,
        knobs: Knobs,
        give: Callable[[Block], None],
        switched: Callable[[], None],
        failed: Callable[[Exception], None],
        wants: Callable[[Conversion], None],
    ) -> None:
        self.waits = False
        """For its turn."""
        self._engines = engines
        self._knobs = knobs
        self._failed = failed
        self._wants = wants
        self._one = threading.Lock()
        self._over = threading.Event()
        self._turning = threading.Lock()
        at_once = max(1, round(AT_ONCE_S * knobs.rate_hz) // knobs.frames)
        self.inlet = Inlet(knobs.rate_hz, knobs.frames, round(LATE_S * knobs.rate_hz), at_once=at_once)
        outlet = Outlet(knobs.rate_hz, knobs.frames, give)

        def open_path(controls: Controls) -> Path:
            return Path(self.inlet, rack(engines, knobs, controls, self.inlet, outlet), outlet)

        def tell(report: Report) -> None:
            if isinstance(report, Switched):
                switched()

        self._live = Live(open_path, controls(engines, knobs), _Nobody(), tell)

    @property
    def engine(self) -> str:
        """The converter's name."""
        return self._live.controls.role.converter.name

    def hear(self, sound: Block) -> None:
        """Add float32 [T], any T; never waits for the path."""
        self.inlet.push(sound)
        if self.inlet.ready:
            self._wants(self)

    def work(self) -> bool:
        """Convert a turn's worth of what waits; whether more does."""
        with self._one:  # another engine's mill may have it by now
            if self._over.is_set() or not self.inlet.ready:
                return False
            try:
                if (block := self.inlet.read()) is not None:
                    self._live.push(block)
                    return self.inlet.ready
                self._live.flush()
            except Exception as error:  # noqa: BLE001  # whatever an engine raises, only this session ends
                self._failed(error)
            self._over.set()
            return False

    def turn(self, knobs: Knobs) -> bool:
        """Turn the knobs, which takes as long as a voice takes to open; False if that needs another path.

        Raises:
            VoxError: A voice or an engine cannot be had; nothing was turned.
        """
        with self._turning:
            before = self._knobs
            recast = (before.voice, before.engine) != (knobs.voice, knobs.engine)
            if _shape(before) != _shape(knobs) or (recast and not self.inlet.begun):
                return False
            more: dict[str, Any] = {}
            if recast:
                more["role"] = self._engines.role(knobs.voice, knobs.engine)
                self._live.path.chain.prepare(more["role"])
            self._live.turn(
                pitch_semitones=knobs.pitch_semitones,
                gate_db=knobs.gate_db,
                muted=knobs.muted,
                bypassed=knobs.bypassed,
                **more,
            )
            self._knobs = knobs
            return True

    def describe(self) -> dict[str, Any]:
        """The session as it is, with its delay: in samples between what goes in and comes out, and by stage.

        A block is waited for before it is worked on: `input`. It shifts nothing.
        """
        path, role = self._live.path, self._live.controls.role
        shift_ms = sum(row.latency_ms for row in path.chain.ledger)
        return {
            **self._knobs.model_dump(),
            "voice": role.voice.name,
            "engine": role.converter.name,
            "latency": round(shift_ms * self._knobs.rate_hz / 1e3),
            "latency_ms": {row.stage: row.latency_ms for row in path.ledger},
            "latency_total_ms": sum(row.latency_ms for row in path.ledger),
        }

    def meters(self) -> Meters:
        """The numbers of this moment."""
        return self._live.meters()

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds at work so far, and seconds of sound."""
        return self._live.spent

    def finish(self) -> None:
        """Convert what waits, give what is held back, and end."""
        self.inlet.end()
        self._wants(self)
        self._over.wait()

    def stop(self) -> None:
        """End at the next block; does not wait."""
        self._over.set()


def controls(engines: Engines, knobs: Knobs) -> Controls:
    """The path's knobs; raises as `Conversion`."""
    role = engines.role(knobs.voice, knobs.engine)
    return Controls(role, knobs.pitch_semitones, knobs.gate_db, knobs.muted, knobs.bypassed)


def rack(engines: Engines, knobs: Knobs, controls: Controls, source: Source, sink: Sink) -> Rack:
    """The path's stages; raises as `Conversion`."""
    settings = engines.settings.model_copy(update={"denoise": knobs.denoise, "gate_db": knobs.gate_db})
    return Rack(build.front(settings, knobs.rate_hz), controls, source, sink)


def _shape(knobs: Knobs) -> tuple[int, int, bool]:
    """What a path is built for."""
    return knobs.rate_hz, knobs.block_ms, knobs.denoise


class _Nobody:
    """Hears what the sink hears, and plays it nowhere."""

    def write(self, block: Block, rate_hz: int) -> None:
        """See `live.Monitor`."""
