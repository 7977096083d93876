"""Findings about what the machine can do, and what it lets us do."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from voxhumana.audio.file import SoundReader
from voxhumana.bench.convert import row
from voxhumana.config import Settings
from voxhumana.doctor.finding import Finding, Level
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE
from voxhumana.process.realtime import AUDIO, hurry

SOUND_S = 5.0
"""Of speech that the voice is tried on."""
ROOM, LIMIT = 0.5, 0.9
"""Real-time factors: above the first another busy program can make it stutter, above the second it does."""

ALLOW_REAL_TIME = {
    "linux": (
        "Run `echo '@audio - rtprio 95' | sudo tee /etc/security/limits.d/95-audio.conf`.",
        "Run `sudo usermod -aG audio $USER`, log out, and log in again.",
    ),
}


def priority() -> Finding:
    """What the system grants to our audio thread; asked for on a thread that then ends."""
    with ThreadPoolExecutor(1) as thread:
        return judge_priority(thread.submit(hurry, AUDIO).result(), sys.platform)


def judge_priority(granted: str, platform: str) -> Finding:
    """What `hurry`'s answer means."""
    if granted == "fifo" or (granted == "high" and platform != "linux"):
        return Finding("priority", Level.OK, "The audio thread goes before everything that is not sound.")
    sentence = "The audio thread may not run in real time: sound can crackle while other programs are busy."
    return Finding("priority", Level.WARN, sentence, ALLOW_REAL_TIME.get(platform, ()))


def compute(settings: Settings) -> Finding:
    """How much of one core the chosen voice takes."""
    try:
        with SoundReader(SAMPLE) as file:
            measured = row(settings, file.read(round(SOUND_S * file.rate_hz)), file.rate_hz)
    except VoxError as error:
        return Finding("compute", Level.FAIL, str(error), ("Choose another of `vox voices list`.",))
    return judge_compute(str(measured["voice"]), float(measured["cpu_rtf"]))


def judge_compute(voice: str, rtf: float) -> Finding:
    """What a real-time factor means: of the processor, which the audio thread has before other programs."""
    sentence = f"The voice '{voice}' takes {rtf:.0%} of one core."
    if rtf < ROOM:
        return Finding("compute", Level.OK, sentence)
    steps = ("Close other programs, or choose a lighter voice: `vox bench convert` compares them.",)
    return Finding("compute", Level.WARN if rtf < LIMIT else Level.FAIL, sentence, steps)
