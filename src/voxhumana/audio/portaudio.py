"""Core Audio and WASAPI, through PortAudio; ALSA on a Linux without a sound server (extra `portaudio`).

Each open device is a stream of its own, at the device's own rate. Its callback only copies, on PortAudio's
thread; `read`, `write` and `close` belong to the live path's.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sounddevice

from voxhumana.audio import virtual_mic
from voxhumana.audio.device import PATIENCE_S, DeviceInfo
from voxhumana.audio.intake import Intake
from voxhumana.audio.playout import Playout
from voxhumana.engine import Block
from voxhumana.errors import DeviceLostError

Frames: TypeAlias = npt.NDArray[np.float32]
"""What a callback gets: float32 [T, channels]."""

HOST_APIS = {"darwin": "Core Audio", "win32": "Windows WASAPI", "linux": "ALSA"}
"""The one of PortAudio's ways that we take: others list the same devices again, at more delay."""
CHANNELS = 2
"""As many as are mixed or filled; what lies beyond, on interfaces of many, is other people's."""


class PortAudioBackend:
    """PortAudio's devices."""

    name = "portaudio"

    def __init__(self) -> None:
        self._open: list[_Stream] = []

    def devices(self) -> list[DeviceInfo]:
        """See `device.Backend`."""
        return [info for info, _ in self._found()]

    def open_source(self, address: str, rate_hz: int, frames: int) -> PortAudioSource:  # noqa: ARG002
        """See `device.Backend`; the device's own rate is taken."""
        info, number = self._find(address, "input")
        return PortAudioSource(info, number, frames, self._open)

    def open_sink(self, address: str, rate_hz: int, frames: int) -> PortAudioSink:  # noqa: ARG002
        """See `device.Backend`; the device's own rate is taken."""
        info, number = self._find(address, "output")
        return PortAudioSink(info, number, frames, self._open)

    def _find(self, address: str, direction: str) -> tuple[DeviceInfo, int]:
        for info, number in self._found():
            if (info.address, info.direction) == (address, direction):
                return info, number
        raise DeviceLostError(f"The {direction} {address} is not there; plug it in.")

    def _found(self) -> list[tuple[DeviceInfo, int]]:
        """Devices, and PortAudio's numbers for them: inputs first."""
        if (
            not self._open
        ):  # PortAudio knows what was there when it began, and forgets open streams when it ends
            sounddevice._terminate()  # noqa: SLF001
            sounddevice._initialize()  # noqa: SLF001
        api = next(a for a in sounddevice.query_hostapis() if a["name"] == HOST_APIS[sys.platform])
        seen: Counter[tuple[str, str]] = Counter()
        found: list[tuple[DeviceInfo, int]] = []
        for direction in ("input", "output"):
            for number in api["devices"]:
                device = sounddevice.query_devices(number)
                channels = device[f"max_{direction}_channels"]
                if not channels:
                    continue
                seen[direction, device["name"]] += 1
                nth = seen[direction, device["name"]]
                name = device["name"] + (f" ({nth})" if nth > 1 else "")
                info = DeviceInfo(
                    index=len(found),
                    name=name,
                    direction=direction,
                    backend=self.name,
                    rate_hz=round(device["default_samplerate"]),
                    channels=channels,
                    default=number == api[f"default_{direction}_device"],
                    virtual=virtual_mic.is_virtual(name),
                    address=name,
                )
                found.append((info, number))
        return found


class PortAudioSource:
    """See `device.Source`."""

    def __init__(self, info: DeviceInfo, number: int, frames: int, siblings: list[_Stream]) -> None:
        self.name = info.name
        self.rate_hz = info.rate_hz
        self.frames = frames
        self.clock = info.address
        self._intake = Intake(self.rate_hz, frames)
        self._mono = np.zeros(self.rate_hz, np.float32)
        self._stream = _Stream(sounddevice.InputStream, info, number, frames, self._called, siblings)
        self.latency = frames + self._stream.latency

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""
        return self._intake.dropped

    def read(self) -> Block | None:
        """See `device.Source`."""
        if not self._intake.wait(PATIENCE_S) or self._stream.lost:
            raise DeviceLostError(f"The input {self.name} went away.")
        return self._intake.take()

    def close(self) -> None:
        """See `device.Source`."""
        self._stream.close()

    def _called(self, indata: Frames) -> None:
        mono = self._mono[: len(indata)]
        np.mean(indata, axis=1, out=mono)
        self._intake.push(mono)


class PortAudioSink:
    """See `device.Sink`."""

    def __init__(self, info: DeviceInfo, number: int, frames: int, siblings: list[_Stream]) -> None:
        self.name = info.name
        self.rate_hz = info.rate_hz
        self.frames = frames
        self.mark = frames + frames // 2  # the callback comes at any time between two writes
        self.clock = info.address
        self._playout = Playout(self.rate_hz)
        self._mono = np.zeros(self.rate_hz, np.float32)
        self._stream = _Stream(sounddevice.OutputStream, info, number, frames, self._called, siblings)
        self.latency = frames + self._stream.latency

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
        if self._stream.lost:
            raise DeviceLostError(f"The output {self.name} went away.")
        self._playout.write(block)

    def close(self) -> None:
        """See `device.Sink`."""
        deadline_s = time.monotonic() + self.backlog / self.rate_hz
        while self.backlog and time.monotonic() < deadline_s and not self._stream.lost:
            time.sleep(0.001)
        self._stream.close()

    def _called(self, outdata: Frames) -> None:
        mono = self._mono[: len(outdata)]
        self._playout.pull(mono)
        outdata[:] = mono[:, np.newaxis]


class _Stream:
    """One PortAudio stream, and when it was last heard of.

    Raises:
        DeviceLostError: The device refuses.
    """

    def __init__(
        self,
        kind: Callable[..., Any],
        info: DeviceInfo,
        number: int,
        frames: int,
        copy: Callable[[Frames], None],
        siblings: list[_Stream],
    ) -> None:
        self._siblings = siblings
        self._copy = copy
        try:
            self._stream = kind(
                device=number,
                samplerate=info.rate_hz,
                blocksize=frames,
                channels=min(CHANNELS, info.channels),
                dtype="float32",
                latency="low",
                # where Windows was told another rate meanwhile, it converts rather than refuses
                extra_settings=sounddevice.WasapiSettings(auto_convert=True)
                if sys.platform == "win32"
                else None,
                dither_off=True,
                callback=self._called,
            )
            self._called_s = time.monotonic()
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise DeviceLostError(
                f"{info.name} does not open ({error}); is another program using it?"
            ) from error
        siblings.append(self)

    @property
    def latency(self) -> int:
        """Samples between the callback and the air."""
        return int(self._stream.latency * self._stream.samplerate)

    @property
    def lost(self) -> bool:
        """Whether the callback is called no more."""
        return time.monotonic() - self._called_s > PATIENCE_S

    def close(self) -> None:
        """Give the device back; may be called twice."""
        if self in self._siblings:
            self._siblings.remove(self)
            with contextlib.suppress(sounddevice.PortAudioError):
                self._stream.abort()
            self._stream.close(ignore_errors=True)

    def _called(self, data: Frames, _frames: int, _time: Any, _status: Any) -> None:  # noqa: ANN401
        self._copy(data)
        self._called_s = time.monotonic()
