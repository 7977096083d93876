"""The virtual microphone: what is played into its output, calls hear as a microphone.

    live path -> output "Vox Humana Output" -> microphone "Vox Humana Microphone" -> Discord, a browser, OBS

On Linux we make and remove it ourselves, on PulseAudio and PipeWire alike (`virtual_pulse`). On macOS and
Windows only a driver can, so BlackHole or VB-CABLE is found and used (`virtual_cable`).
"""

from __future__ import annotations

import sys

if sys.platform == "linux":
    from voxhumana.audio.virtual_pulse import OURS
else:
    from voxhumana.audio.virtual_cable import OURS

CABLE = OURS
"""What this platform's virtual microphone is made of."""


def find() -> str | None:
    """The name of the output that feeds the virtual microphone, as in `vox devices`; None: there is none."""
    return CABLE.find()


def ensure() -> str:
    """Have a virtual microphone; returns the name of the output that feeds it, as in `vox devices`.

    Call it before opening that output, and again when it was lost: what is there is kept, the rest is made.

    Raises:
        DeviceLostError: No sound server answers (Linux).
        VoxError: It cannot be had; the sentence says what to install.
    """
    return CABLE.ensure()


def release() -> bool:
    """Take the virtual microphone away, unless somebody records from it; returns whether it is gone.

    A client whose microphone vanishes is moved to the real one by the sound server, unasked. So a microphone
    in use stays, silent, and the next `release` takes it. Call it when the output is closed; raises nothing.
    """
    return CABLE.release()


def is_virtual(name: str) -> bool:
    """Whether a device of this name is a side of the virtual microphone."""
    return name.startswith((CABLE.output, CABLE.microphone))
