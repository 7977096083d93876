"""PipeWire, through its JACK library: the shortest way in and out, one block from microphone to speaker.

`jack_client` holds the connection and its callback; `read`, `write` and `close` belong to the live path's
thread. Linux only.
"""

from __future__ import annotations

import time

from voxhumana.audio.device import PATIENCE_S, DeviceInfo
from voxhumana.audio.intake import Intake
from voxhumana.audio.jack_client import Client
from voxhumana.audio.playout import Playout
from voxhumana.audio.pulse_devices import devices
from voxhumana.engine import Block
from voxhumana.errors import DeviceLostError


class JackBackend:
    """PipeWire's devices."""

    name = "pipewire"

    def __init__(self) -> None:
        self._client: Client | None = None

    def devices(self) -> list[DeviceInfo]:
        """See `device.Backend`."""
        return devices(self.name)

    def open_source(self, address: str, rate_hz: int, frames: int) -> JackSource:
        """See `device.Backend`."""
        return JackSource(self._running(rate_hz, frames), address, frames)

    def open_sink(self, address: str, rate_hz: int, frames: int) -> JackSink:
        """See `device.Backend`."""
        return JackSink(self._running(rate_hz, frames), address, frames)

    def _running(self, rate_hz: int, frames: int) -> Client:
        if self._client is None or self._client.lost:
            self._client = Client(rate_hz, frames)
        return self._client


class JackSource:
    """See `device.Source`."""

    def __init__(self, client: Client, address: str, frames: int) -> None:
        self.rate_hz = client.rate_hz
        self.frames = frames
        self._client = client
        self._intake = Intake(self.rate_hz, frames)
        self._link = client.open_input(address, self._intake.push)
        self.name = self._link.name
        self.latency = max(frames, client.quantum)
        self.clock = "pipewire"

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""
        return self._intake.dropped

    def read(self) -> Block | None:
        """See `device.Source`."""
        if not self._intake.wait(PATIENCE_S) or self._link.broken:
            raise DeviceLostError(f"The input {self.name} went away.")
        block = self._intake.take()
        block /= self._link.width  # JACK adds up what is linked to one port
        return block

    def close(self) -> None:
        """See `device.Source`."""
        self._link.close()


class JackSink:
    """See `device.Sink`."""

    def __init__(self, client: Client, address: str, frames: int) -> None:
        self.rate_hz = client.rate_hz
        self.frames = frames
        self._playout = Playout(self.rate_hz)
        self._link = client.open_output(address, self._playout.pull)
        self.name = self._link.name
        self.latency = self.mark = client.quantum
        self.clock = "pipewire"

    @property
    def backlog(self) -> int:
        """Samples written and not yet played."""
        return self._playout.backlog

    @property
    def dropped(self) -> int:
        """Samples thrown away to keep the backlog bounded."""
        return self._playout.dropped

    @property
    def underruns(self) -> int:
        """Times the device found nothing to play."""
        return self._playout.underruns

    def write(self, block: Block) -> None:
        """See `device.Sink`."""
        if self._link.broken:
            raise DeviceLostError(f"The output {self.name} went away.")
        self._playout.write(block)

    def close(self) -> None:
        """See `device.Sink`."""
        deadline_s = time.monotonic() + self.backlog / self.rate_hz
        while self.backlog and time.monotonic() < deadline_s and not self._link.broken:
            time.sleep(0.001)
        self._link.close()
