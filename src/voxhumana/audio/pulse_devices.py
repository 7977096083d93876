"""The devices of PulseAudio and of PipeWire, as people know them. Linux only."""

from __future__ import annotations

from collections import Counter
from typing import Any

from voxhumana.audio import virtual_mic
from voxhumana.audio.device import DeviceInfo
from voxhumana.audio.pulse_control import connect
from voxhumana.errors import DeviceLostError

NO_MONITOR = 0xFFFF_FFFF
"""PA_INVALID_INDEX: this source is nobody's monitor."""


def devices(backend: str) -> list[DeviceInfo]:
    """Every input but monitors (unless one is the default), then every output.

    Raises:
        DeviceLostError: No server answers.
    """
    with connect() as pulse:
        server = pulse.server_info()
        default_in, default_out = server.default_source_name, server.default_sink_name
        sources = [s for s in pulse.source_list() if not is_monitor(s) or s.name == default_in]
        rows = [("input", source, default_in) for source in sources]
        rows += [("output", sink, default_out) for sink in pulse.sink_list()]
    seen: Counter[tuple[str, str]] = Counter()
    infos = []
    for index, (direction, device, default) in enumerate(rows):
        seen[direction, device.description] += 1
        nth = seen[direction, device.description]
        infos.append(
            DeviceInfo(
                index=index,
                name=device.description + (f" ({nth})" if nth > 1 else ""),
                direction=direction,
                backend=backend,
                rate_hz=device.rate_hz,
                channels=device.channel_count,
                default=device.name == default,
                virtual=virtual_mic.is_virtual(device.description),
                address=device.name,
            )
        )
    return infos


def find(address: str, *, outward: bool) -> Any:  # noqa: ANN401  # pulsectl has no types
    """What the server knows of one device.

    Raises:
        DeviceLostError: It is not there, or no server answers.
    """
    with connect() as pulse:
        for device in pulse.sink_list() if outward else pulse.source_list():
            if device.name == address:
                return device
    raise DeviceLostError(f"The {'output' if outward else 'input'} {address} is not there; plug it in.")


def is_monitor(source: Any) -> bool:  # noqa: ANN401
    """Whether this source is what an output plays."""
    return bool(source.monitor_of_sink != NO_MONITOR)
