"""PulseAudio, natively: `read`, `write` and `close` talk to the server themselves, on the live path's thread.

Linux only. PipeWire understands it too, at some milliseconds more than through JACK.
"""

from __future__ import annotations

import contextlib
import time

from voxhumana.audio import libpulse as lp
from voxhumana.audio.device import PATIENCE_S, DeviceInfo
from voxhumana.audio.intake import Intake
from voxhumana.audio.pulse_devices import devices, find
from voxhumana.audio.pulse_stream import BYTES, PulseStream
from voxhumana.audio.trim import Trim
from voxhumana.engine import Block
from voxhumana.errors import DeviceLostError


class PulseBackend:
    """PulseAudio's devices."""

    name = "pulseaudio"

    def devices(self) -> list[DeviceInfo]:
        """See `device.Backend`."""
        return devices(self.name)

    def open_source(self, address: str, rate_hz: int, frames: int) -> PulseSource:
        """See `device.Backend`."""
        return PulseSource(address, rate_hz, frames)

    def open_sink(self, address: str, rate_hz: int, frames: int) -> PulseSink:
        """See `device.Backend`."""
        return PulseSink(address, rate_hz, frames)


class PulseSource:
    """See `device.Source`."""

    def __init__(self, address: str, rate_hz: int, frames: int) -> None:
        self.name: str = find(address, outward=False).description
        self.frames = frames
        attr = lp.BufferAttr(*[lp.UNSET] * 4, frames * BYTES)
        self._stream = PulseStream(address, self.name, rate_hz, attr, outward=False)
        self.rate_hz = self._stream.rate_hz
        self.latency = max(frames, round(self._stream.device_s * self.rate_hz))
        self.clock = address
        self._intake = Intake(self.rate_hz, frames)

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""
        return self._intake.dropped

    def read(self) -> Block | None:
        """See `device.Source`."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            self._stream.pump(0.0 if self._intake.ready else PATIENCE_S)
            for block in self._stream.received():
                self._intake.push(block)
            if self._intake.ready:
                return self._intake.take()
            if time.monotonic() > deadline_s:
                raise DeviceLostError(f"The input {self.name} went silent.")

    def close(self) -> None:
        """See `device.Source`."""
        self._stream.close()


class PulseSink:
    """See `device.Sink`. It aims at half a block still queued when the next is written.

    Measured at 128 and 256 frames, the server in real time: half a block adds 4.9 and 7.7 ms, a whole one 6.0
    and 9.2. The server gets three blocks to fill, of which two are ours to write and one is the length of
    its own steps: steps as short as it can (0.5 ms) add as much, and cost it twice the work.
    """

    def __init__(self, address: str, rate_hz: int, frames: int) -> None:
        self.name: str = find(address, outward=True).description
        self.frames = frames
        self._ahead = frames // 2
        self.mark = self._ahead + frames
        self.clock = address
        attr = lp.BufferAttr(lp.UNSET, 3 * frames * BYTES, BYTES, frames * BYTES, lp.UNSET)
        self._stream = PulseStream(address, self.name, rate_hz, attr, outward=True)
        self.rate_hz = self._stream.rate_hz
        self.latency = self._ahead + round(self._stream.device_s * self.rate_hz)
        self._trim = Trim(self.rate_hz)
        self._dry_at = self._stream.dry_at()
        self.underruns = 0
        """Times the device found nothing to play."""

    @property
    def backlog(self) -> int:
        """Samples written and not yet played, by the server's last answer and the time since."""
        told = self._stream.timing
        if told is None:
            return 0
        queued: float = (told.write_index - told.read_index) / BYTES
        if told.playing:
            queued -= (time.time() - told.seconds - told.microseconds * 1e-6) * self.rate_hz
        return max(0, round(queued))

    @property
    def dropped(self) -> int:
        """Samples thrown away to keep the backlog bounded."""
        return self._trim.dropped

    def write(self, block: Block) -> None:
        """See `device.Sink`."""
        self._stream.pump()
        block = self._trim.push(block, spare=self.backlog - self._ahead, least=self._ahead)
        if len(block):
            self._stream.send(block)
        dry_at = self._stream.dry_at()
        self.underruns += dry_at != self._dry_at
        self._dry_at = dry_at

    def close(self) -> None:
        """See `device.Sink`."""
        with contextlib.suppress(DeviceLostError):
            deadline_s = time.monotonic() + self.backlog / self.rate_hz
            while time.monotonic() < deadline_s:
                self._stream.pump(0.001)
        self._stream.close()
