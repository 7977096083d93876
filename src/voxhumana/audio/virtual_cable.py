"""The virtual microphone on macOS and Windows: a cable driver that people install once.

What goes into one end of the cable comes out at the other: we play into its output, calls record its input.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from voxhumana.errors import VoxError


@dataclass(frozen=True)
class Cable:
    """A driver that we know. See `virtual_mic` for the methods."""

    product: str
    output: str
    """How the name of the end that we play into begins."""
    microphone: str
    """How the name of the end that calls list begins."""
    steps: tuple[str, ...]
    """How to install it, one sentence a step."""

    def find(self) -> str | None:
        """The output's name, shortest first: that is BlackHole with two channels."""
        names = sorted(_outputs(), key=len)
        return next((name for name in names if name.startswith(self.output)), None)

    def ensure(self) -> str:
        """Find it, or say what to install."""
        if found := self.find():
            return found
        raise VoxError(
            f"There is no virtual microphone: {self.product} is not installed; `vox doctor` says how."
        )

    def release(self) -> bool:
        """Do nothing: the cable is not ours to remove."""
        return False


BLACKHOLE = Cable(
    product="BlackHole",
    output="BlackHole",
    microphone="BlackHole",
    steps=(
        "Run `brew install blackhole-2ch`, or download the installer from existential.audio/blackhole.",
        "Restart the Mac, or at least every program that is to see it.",
        "Choose `BlackHole 2ch` as the microphone in Discord (or Zoom, OBS, the browser).",
        "Leave the Mac's own output on your headphones.",
    ),
)
VB_CABLE = Cable(
    product="VB-CABLE",
    output="CABLE Input",
    microphone="CABLE Output",
    steps=(
        "Download VB-CABLE from vb-audio.com/Cable and unpack it.",
        "Right-click VBCABLE_Setup_x64.exe, choose `Run as administrator`, and press `Install Driver`.",
        "Restart Windows.",
        "In the Sound settings choose your own speakers and microphone as the defaults again.",
        "Choose `CABLE Output (VB-Audio Virtual Cable)` as the microphone in Discord (or Zoom, OBS).",
    ),
)
OURS = BLACKHOLE if sys.platform == "darwin" else VB_CABLE
"""The driver for this platform."""


def _outputs() -> list[str]:
    import sounddevice  # noqa: PLC0415  # loads PortAudio

    return [str(device["name"]) for device in sounddevice.query_devices() if device["max_output_channels"]]
