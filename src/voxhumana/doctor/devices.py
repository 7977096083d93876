"""Findings about the sound server, the microphone and the virtual microphone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from voxhumana.audio import backends, virtual_mic
from voxhumana.audio.device import Backend
from voxhumana.config import Settings
from voxhumana.doctor.finding import Finding, Level
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError

LISTEN_S = 1.0
"""Even a quiet room is heard as noise by then."""

WAYS = {
    "pipewire": "PipeWire, through its JACK library: the shortest way there is",
    "pulseaudio": "PulseAudio's protocol, natively",
    "darwin": "Core Audio, through PortAudio",
    "win32": "WASAPI in shared mode, through PortAudio, which costs about 22 ms",
}
"""Words by backend, or by system where PortAudio is the only one. 22 ms: PortAudio's issue 385."""

START_LINUX = (
    "Run `systemctl --user enable --now pipewire pipewire-pulse wireplumber`, as yourself and not as root.",
    "If there is no such service, install the packages pipewire, pipewire-pulse, pipewire-jack, wireplumber.",
)
OPEN_MICROPHONE = {
    "darwin": (
        "Open System Settings > Privacy & Security > Microphone and allow your terminal.",
        "Quit the terminal and open it again.",
    ),
    "win32": (
        "Open Settings > Privacy & security > Microphone and allow desktop apps.",
        "Check that the headset's own mute switch is off.",
    ),
}
UNMUTE = (
    "Check the microphone's own switch, and that the system's sound settings do not mute it.",
    "If it is another microphone that you mean, choose it with `--input`; `vox devices` lists them.",
)


def server() -> tuple[Backend | None, Finding]:
    """Whether a way to the devices works, and which."""
    try:
        backend = backends.choose()
        backend.devices()
    except VoxError as error:
        steps = START_LINUX if sys.platform == "linux" else ()
        return None, Finding("server", Level.FAIL, str(error), steps)
    way = WAYS.get(backend.name) or WAYS.get(sys.platform, "PortAudio")
    if backend.name == "pulseaudio" and _is_pipewire():
        sentence = "PipeWire runs, but its JACK library, which saves some 10 ms, is not installed."
        return backend, Finding("server", Level.WARN, sentence, ("Install the package pipewire-jack.",))
    return backend, Finding("server", Level.OK, f"Sound goes through {way}.")


def _is_pipewire() -> bool:
    from voxhumana.audio.pulse_control import connect  # noqa: PLC0415  # Linux only

    with connect() as pulse:
        return "PipeWire" in pulse.server_info().server_name


def microphone(backend: Backend, settings: Settings) -> Finding:
    """Whether the microphone is there, and hears."""
    try:
        device = backends.resolve(settings.input, "input", backend.devices())
        source = backend.open_source(device.address, device.rate_hz, settings.frames)
        try:
            count = round(LISTEN_S * source.rate_hz / source.frames)
            blocks = [block for _ in range(count) if (block := source.read()) is not None]
        finally:
            source.close()
    except UsageError as error:
        return Finding("microphone", Level.FAIL, str(error), UNMUTE[1:])
    except VoxError as error:
        return Finding("microphone", Level.FAIL, str(error), UNMUTE)
    return judge_microphone(device.name, np.concatenate(blocks), sys.platform)


def judge_microphone(name: str, heard: Block, platform: str) -> Finding:
    """What so much of a microphone's sound, float32 [T], means on this platform.

    macOS and Windows answer a program that may not hear with digital silence, and no error.
    """
    peak = float(np.abs(heard).max(initial=0))
    if peak == 0:
        steps = OPEN_MICROPHONE.get(platform)
        sentence = f"The microphone '{name}' gives digital silence: "
        if steps:
            return Finding("microphone", Level.FAIL, sentence + "permission is probably missing.", steps)
        return Finding("microphone", Level.WARN, sentence + "it is muted, or nothing is plugged in.", UNMUTE)
    peak_db = 20 * np.log10(peak)
    if peak >= 1:
        sentence = f"The microphone '{name}' clips; it sounds distorted whatever voice it is turned into."
        return Finding("microphone", Level.WARN, sentence, ("Turn its level down in the sound settings.",))
    return Finding("microphone", Level.OK, f"The microphone '{name}' is heard (peak {peak_db:.0f} dBFS).")


@contextmanager
def virtual_microphone() -> Iterator[Finding]:
    """Whether calls can choose our microphone; it is there while the `with` block lasts."""
    try:
        there_before = virtual_mic.find()
        output = virtual_mic.ensure()
    except VoxError as error:
        steps = getattr(virtual_mic.CABLE, "steps", START_LINUX)  # only what is installed by hand has steps
        yield Finding("virtual-microphone", Level.FAIL, str(error), steps)
        return
    try:
        name = virtual_mic.CABLE.microphone
        sentence = f"Calls can choose '{name}', which hears what goes to '{output}'."
        yield Finding("virtual-microphone", Level.OK, sentence)
    finally:
        if not there_before:
            virtual_mic.release()
