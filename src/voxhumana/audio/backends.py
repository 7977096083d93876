"""Which way to the devices this machine has, and which device a person means."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import sys
import threading
from collections.abc import Iterator, Sequence

from voxhumana.audio.device import Backend, DeviceInfo
from voxhumana.errors import UsageError, VoxError

_loading = threading.Lock()
"""Two threads that load a module which then fails: the second is told that it lacks a name, not why."""


def choose() -> Backend:
    """The backend that costs the least delay of those that work here.

    Raises:
        VoxError: There is no sound server, or a library is missing; the sentence says which.
    """
    return _linux() if sys.platform == "linux" else _portaudio()


def _linux() -> Backend:
    from voxhumana.audio import jack_client  # noqa: PLC0415
    from voxhumana.audio.jack import JackBackend  # noqa: PLC0415
    from voxhumana.audio.pulse import PulseBackend  # noqa: PLC0415
    from voxhumana.audio.pulse_control import connect  # noqa: PLC0415

    try:
        with connect() as pulse:
            is_pipewire = "PipeWire" in pulse.server_info().server_name
    except VoxError:
        if importlib.util.find_spec("sounddevice"):
            with contextlib.suppress(VoxError):  # without its library, a sound server is wanted
                return _portaudio()
        raise
    return JackBackend() if is_pipewire and jack_client.library() else PulseBackend()


def _portaudio() -> Backend:
    try:
        with _loading:
            from voxhumana.audio.portaudio import PortAudioBackend  # noqa: PLC0415
    except OSError as error:
        raise VoxError("The library PortAudio is missing; install your system's package for it.") from error
    return PortAudioBackend()


def resolve(word: str, direction: str, devices: Sequence[DeviceInfo]) -> DeviceInfo:
    """The device that `word` means: `default`, an index, a name, an address, or a part of one name alone.

    Args:
        word: What the person typed.
        direction: `input` or `output`.
        devices: Those of the backend.

    Raises:
        UsageError: None or several are meant.
    """
    there = [device for device in devices if device.direction == direction]
    for found in _meant(word.casefold(), there):
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(f"'{device.name}'" for device in found)
            raise UsageError(f"'{word}' may mean {several}; type more of the name, or its index.")
    names = [device.name for device in there]
    if not names:
        raise UsageError(f"There is no {direction} at all; plug one in, then see `vox devices`.")
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.4) or names
    raise UsageError(f"There is no {direction} '{word}'; there is {', '.join(near)} (see `vox devices`).")


def _meant(word: str, devices: list[DeviceInfo]) -> Iterator[list[DeviceInfo]]:
    """Readings of a word, the strictest first."""
    yield [device for device in devices if device.default and word == "default"]
    yield [device for device in devices if str(device.index) == word]
    yield [device for device in devices if word in (device.name.casefold(), device.address.casefold())]
    yield [device for device in devices if word in device.name.casefold()]
