"""What no program can see: switches elsewhere that hurt a voice changer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from voxhumana.audio import virtual_mic
from voxhumana.doctor.finding import Finding, Level

PLATFORMS = {
    "darwin": Finding(
        "core-audio",
        Level.NOTE,
        "Core Audio adds the least delay when nothing has to be resampled.",
        (
            "In Audio MIDI Setup give the microphone, BlackHole and the headphones the same rate, 48,000 Hz.",
            "Do not join them to an aggregate device: Vox Humana follows their clocks by itself.",
            "Bluetooth headsets add 100 to 200 ms, and record at 16 kHz: use a cable.",
        ),
    ),
    "win32": Finding(
        "wasapi",
        Level.NOTE,
        "Windows adds the least delay when nothing has to be resampled.",
        (
            "Under Sound > Recording > Properties > Advanced set microphone and CABLE to 48,000 Hz.",
            "There, switch off audio enhancements and `signal enhancements` of the microphone.",
            "Bluetooth headsets add 100 to 200 ms, and record at 16 kHz: use a cable.",
        ),
    ),
}


def advice() -> Iterator[Finding]:
    """Notes for this platform, and for calls."""
    if note := PLATFORMS.get(sys.platform):
        yield note
    yield Finding(
        "discord",
        Level.NOTE,
        "Discord (User Settings > Voice & Video) has switches that spoil a converted voice.",
        (
            f"Input Device: choose `{virtual_mic.CABLE.microphone}` by name, not Default.",
            "Noise Suppression: None; Krisp and Standard both take a character for noise.",
            "Echo Cancellation, Automatic Gain Control, Advanced Voice Activity: off.",
            "Automatically determine input sensitivity: off, slider far left; or use Push to Talk.",
            "Wear headphones, and start `vox live` before Discord.",
        ),
    )
