"""Live for minutes on end while another program takes a core: what drops out, grows or leaks; Linux only."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.audio.virtual_pulse import PROBE
from voxhumana.bench import path
from voxhumana.channel import Bypass, Failed, Lost, Meters
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE
from voxhumana.process.client import audio_process

SETTLED_S = 20.0
"""Before the first look: caches fill, the drift of the clocks is learned."""
SPEECH_S = 60.0
"""The shipped sample, over and over, up to so long a file."""
BURSTS = 50


@dataclass(frozen=True)
class Soak:
    """What was measured."""

    minutes: float
    blocks: int
    underruns: int
    dropped_ms: float
    delay_before_ms: float
    delay_after_ms: float
    resident_before_mb: float
    resident_after_mb: float
    losses: int
    """Times a device, or all of it, was lost."""

    @property
    def underruns_in_1000(self) -> float:
        """Underruns in 1,000 blocks."""
        return 1e3 * self.underruns / max(1, self.blocks)


def soak(settings: Settings, minutes: float) -> Soak:
    """Speak for so long; the gate and the denoiser are off, so that bursts can be told.

    Raises:
        VoxError: The path does not run.
    """
    quiet = settings.model_copy(update={"denoise": False, "gate_db": -120.0, "monitor": None})
    with path.there(), path.speaking(quiet) as running, hog():
        process = psutil.Process(running.pid)
        time.sleep(SETTLED_S)
        delay_before_ms = _dry_delay_ms(running, settings.frames)
        before, resident_before_mb = _meters(running), process.memory_info().rss / 2**20
        with speech():
            time.sleep(60 * minutes)
        after, resident_after_mb = _meters(running), process.memory_info().rss / 2**20
        delay_after_ms = _dry_delay_ms(running, settings.frames)
        losses = sum(isinstance(report, Lost | Failed) for report in running.said)
    return Soak(
        minutes=minutes,
        blocks=after.cost.blocks - before.cost.blocks,
        underruns=after.underruns - before.underruns,
        dropped_ms=after.dropped_ms - before.dropped_ms,
        delay_before_ms=delay_before_ms,
        delay_after_ms=delay_after_ms,
        resident_before_mb=resident_before_mb,
        resident_after_mb=resident_after_mb,
        losses=losses,
    )


@contextmanager
def hog() -> Iterator[None]:
    """Every core but one is busy."""
    count = max(1, (psutil.cpu_count() or 1) - 1)
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in hogs:
            process.kill()
            process.wait()


@contextmanager
def speech() -> Iterator[None]:
    """The shipped sample goes into the fake microphone, again and again, from a process of its own."""
    stop = threading.Event()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with SoundReader(SAMPLE) as file:
            sound, rate_hz = file.read(60 * file.rate_hz), file.rate_hz
        with SoundWriter(folder / "speech.wav", rate_hz) as writer:
            writer.write(np.tile(sound, max(1, round(SPEECH_S * rate_hz / len(sound)))))
        words = {"input": f"file:{folder / 'speech.wav'}", "output": PROBE.sink}
        talker = threading.Thread(
            target=_talk, args=(Settings().model_copy(update=words | path.BARE), stop), name="speech"
        )
        talker.start()
        try:
            yield
        finally:
            stop.set()
            talker.join()


def _talk(settings: Settings, stop: threading.Event) -> None:
    while not stop.is_set():
        with audio_process(settings) as audio:
            for report in audio.reports():
                if isinstance(report, Failed):
                    raise VoxError(report.text)
                if stop.is_set():
                    break


def _dry_delay_ms(running: path.Running, frames: int) -> float:
    """Of the dry side, held back as long as the voice takes: its bursts keep their shape, and are found."""
    running.send(Bypass(on=True))
    time.sleep(1)
    delay = path.across(frames, BURSTS)
    running.send(Bypass(on=False))
    return delay.median_ms


def _meters(running: path.Running) -> Meters:
    assert running.meters, "it has said how it is for seconds"
    return running.meters
