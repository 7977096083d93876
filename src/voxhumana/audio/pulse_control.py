"""A control connection to the sound server: devices, modules, who records what. Linux only.

PulseAudio and PipeWire (through pipewire-pulse) answer alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from voxhumana.errors import DeviceLostError, VoxError

Pulse: TypeAlias = Any
"""`pulsectl.Pulse`, which has no types."""


@contextlib.contextmanager
def connect() -> Iterator[Pulse]:
    """Connect, without starting a server that does not run; for one thread and a moment.

    Raises:
        DeviceLostError: No server answers, or it died meanwhile.
        VoxError: It refuses what was asked, or its client library is not installed.
    """
    try:
        import pulsectl  # noqa: PLC0415  # loads libpulse
    except OSError as error:
        raise VoxError("The sound server's client library is missing; install libpulse0.") from error
    for kind in (pulsectl.PulseSinkInfo, pulsectl.PulseSourceInfo):
        kind._init_from_struct = _copy_rate  # noqa: SLF001  # its hook for what it does not copy
    with pulsectl.Pulse("Vox Humana", connect=False) as pulse:
        try:
            pulse.connect(autospawn=False)  # its timeout would always be waited out
            yield pulse
        except (pulsectl.PulseError, pulsectl.PulseDisconnected) as error:
            if pulse.connected:
                raise VoxError(
                    "The sound server refused what was asked of it; restart it, then try again."
                ) from error
            raise DeviceLostError(
                "No sound server answers; start PipeWire with pipewire-pulse (or PulseAudio), then try again."
            ) from error


def _copy_rate(device: Any, struct: Any) -> None:  # noqa: ANN401
    """Keep `rate_hz`: pulsectl's own `sample_spec` points into memory that libpulse frees after the call."""
    device.rate_hz = struct.sample_spec.rate
