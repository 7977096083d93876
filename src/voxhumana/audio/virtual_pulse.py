"""The virtual microphone on Linux: two modules of the sound server, PulseAudio or PipeWire.

    null sink "Vox Humana Output" -> its monitor -> remap source "Vox Humana Microphone"

Browsers hide monitors, hence the remap. `norewinds=1` saves the block (3 to 20 ms) that the remap would add
on PulseAudio; on PipeWire it adds none (measured sample by sample). The modules outlive this process: after a
crash they send silence, and the next `ensure` adopts them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from voxhumana.audio.pulse_control import Pulse, connect
from voxhumana.errors import VoxError

APPEARS_S = 5.0
"""Patience: PipeWire links a new device some 50 ms after the module that makes it is loaded; 1.3 s were seen
on a machine with ten programs for two cores."""


@dataclass(frozen=True)
class Cable:
    """An output, and a microphone that hears what is played into it. See `virtual_mic` for the methods."""

    output: str
    """What people read."""
    microphone: str
    """What people read."""
    sink: str
    """The server's word for the output."""
    source: str
    """The server's word for the microphone."""

    def find(self) -> str | None:
        """The output's name, when both ends are there."""
        with connect() as pulse:
            return self.output if self._whole(pulse) else None

    def ensure(self) -> str:
        """Make what is missing; people's default devices stay what they were."""
        with connect() as pulse:
            before = pulse.server_info()
            if not _named(pulse.sink_list(), self.sink):
                if not self._recorded(pulse):  # left alone, PipeWire's remap taps the speakers, even later
                    self._unload(pulse)
                pulse.module_load("module-null-sink", self._sink_arguments())
            if not _named(pulse.source_list(), self.source):
                pulse.module_load("module-remap-source", self._source_arguments())
            deadline = time.monotonic() + APPEARS_S
            while not (self._whole(pulse) and self._tapped(pulse)):
                if time.monotonic() > deadline:
                    raise VoxError("The sound server made no virtual microphone; restart it, then try again.")
                time.sleep(0.005)
            self._restore_defaults(pulse, before)
        return self.output

    def release(self) -> bool:
        """Unload both ends, unless a client records."""
        try:
            with connect() as pulse:
                if self._recorded(pulse):
                    return False
                self._unload(pulse)
        except VoxError:
            pass  # the server is gone, and our modules with it
        return True

    def recorded(self) -> bool:
        """Whether a client records now."""
        with connect() as pulse:
            return self._recorded(pulse)

    # Inner quotes must be single and outer ones double: the one style that both servers parse.
    def _sink_arguments(self) -> str:
        return (
            f"sink_name={self.sink} rate=48000 channels=1 channel_map=mono format=s16le norewinds=1 "
            f"sink_properties=\"device.description='{self.output}'\""
        )

    def _source_arguments(self) -> str:
        return (
            f"source_name={self.source} master={self.sink}.monitor "
            "channels=1 channel_map=mono master_channel_map=mono remix=no "
            f"source_properties=\"device.description='{self.microphone}' "
            "device.icon_name='audio-input-microphone' device.form_factor='microphone'\""
        )

    def _whole(self, pulse: Pulse) -> bool:
        return bool(_named(pulse.sink_list(), self.sink) and _named(pulse.source_list(), self.source))

    def _tapped(self, pulse: Pulse) -> bool:
        """Whether the microphone hears the output, and not nothing yet, nor what PipeWire thinks is meant."""
        monitors = {source.index for source in _named(pulse.source_list(), f"{self.sink}.monitor")}
        own_modules = {module.index for module in self._modules(pulse)}
        return any(
            client.source in monitors and client.owner_module in own_modules
            for client in pulse.source_output_list()
        )

    def _recorded(self, pulse: Pulse) -> bool:
        """Whether a client records from the microphone or from the monitor behind it."""
        ours = {source.index for source in _named(pulse.source_list(), self.source, f"{self.sink}.monitor")}
        own_modules = {module.index for module in self._modules(pulse)}  # the remap records, too
        return any(
            client.source in ours and client.owner_module not in own_modules
            for client in pulse.source_output_list()
        )

    def _unload(self, pulse: Pulse) -> None:
        for module in reversed(self._modules(pulse)):  # the microphone before the output that it taps
            pulse.module_unload(module.index)

    def _modules(self, pulse: Pulse) -> list[Any]:
        """Our modules, in the order in which they were loaded."""
        marks = (f"sink_name={self.sink} ", f"source_name={self.source} ")
        ours = [module for module in pulse.module_list() if (module.argument or "").startswith(marks)]
        return sorted(ours, key=lambda module: module.index)

    def _restore_defaults(self, pulse: Pulse, before: Any) -> None:  # noqa: ANN401  # pulsectl has no types
        """Servers may choose whatever appeared last (PulseAudio's module-switch-on-connect)."""
        now = pulse.server_info()
        if now.default_sink_name == self.sink and before.default_sink_name:
            pulse.sink_default_set(before.default_sink_name)
        if now.default_source_name == self.source and before.default_source_name:
            pulse.source_default_set(before.default_source_name)


OURS = Cable("Vox Humana Output", "Vox Humana Microphone", "vox_humana_output", "vox_humana_microphone")
"""The virtual microphone."""

PROBE = Cable("Vox Humana Probe", "Fake Microphone of the Probe", "vox_humana_probe", "vox_humana_probe_mic")
"""A fake microphone, into which measurements play."""


def _named(devices: list[Any], *names: str) -> list[Any]:
    return [device for device in devices if device.name in names]
