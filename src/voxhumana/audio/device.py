"""The device contract: where blocks come from and where they go. One file beside this one per backend.

A backend's callback only copies between the device and a preallocated `Ring`; `read` and `write` are called
by the one thread of the live path. A source paces the path: `read` waits for the device's clock. A sink never
waits: what does not fit is dropped and counted, so delay cannot grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from voxhumana.engine import Block

PATIENCE_S = 0.7
"""A device that gives no sign of life for so long is lost; living ones were seen to stall for 30 ms."""


@dataclass(frozen=True)
class DeviceInfo:
    """A row of `vox devices`."""

    index: int
    """Position in the list; a device may be named by it."""
    name: str
    """What people read and type; unique within a direction."""
    direction: str
    """`input` or `output`."""
    backend: str
    """`pipewire`, `pulseaudio`, `coreaudio`, `wasapi`, ..."""
    rate_hz: int
    """The rate it runs at."""
    channels: int
    """How many it has; the path is mono: inputs are mixed down, outputs are filled alike."""
    default: bool
    """Whether `default` means this one."""
    virtual: bool
    """Whether it is our virtual microphone's side."""
    address: str
    """What the backend opens; not shown."""


class Source(Protocol):
    """An open input."""

    name: str
    rate_hz: int
    frames: int
    """Samples a block."""
    latency: int
    """Samples between the air and `read`, as far as the backend knows, its own block included."""
    clock: str
    """What it takes its time from; devices of one clock do not drift apart."""

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""

    def read(self) -> Block | None:
        """Wait for the next block, float32 [frames] at `rate_hz`; None at the end of a file.

        Raises:
            DeviceLostError: The device or its server is gone, or gave no sign of life for `PATIENCE_S`.
        """

    def close(self) -> None:
        """Give the device back; may be called twice."""


class Sink(Protocol):
    """An open output."""

    name: str
    rate_hz: int
    frames: int
    latency: int
    """Samples between `write` and the air, when the backlog is at its mark."""
    mark: int
    """Backlog just after a block was written, when all is well."""
    clock: str
    """What it takes its time from; devices of one clock do not drift apart."""

    @property
    def backlog(self) -> int:
        """Samples written and not yet played, of ours."""

    @property
    def dropped(self) -> int:
        """Samples thrown away to keep the backlog bounded."""

    @property
    def underruns(self) -> int:
        """Times the device found nothing to play."""

    def write(self, block: Block) -> None:
        """Queue a block of any length; never waits.

        Raises:
            DeviceLostError: The device or its server is gone.
        """

    def close(self) -> None:
        """Play what is queued if the device lives, and give it back; may be called twice."""


class Backend(Protocol):
    """A way to reach devices."""

    name: str

    def devices(self) -> list[DeviceInfo]:
        """What is there now."""

    def open_source(self, address: str, rate_hz: int, frames: int) -> Source:
        """Open an input.

        Raises:
            DeviceLostError: It is not there.
        """

    def open_sink(self, address: str, rate_hz: int, frames: int) -> Sink:
        """Open an output.

        Raises:
            DeviceLostError: It is not there.
        """
