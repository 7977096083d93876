"""A real audio process between a fake microphone and the virtual one, to measure what it adds; Linux only."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from voxhumana.audio import backends
from voxhumana.audio.virtual_pulse import OURS, PROBE
from voxhumana.bench.delay import Delay, Route, measure
from voxhumana.channel import Bypass, Command, Failed, Meters, Report, Started, Stop
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.process.client import audio_process

BARE = {"engine": "identity", "pitch_semitones": 0.0, "denoise": False, "gate_db": -120.0, "monitor": None}
"""Settings of a path that changes nothing."""

RELEASE_S = 1.0
"""Patience: servers see a client go some milliseconds after it went."""

STALL_S, RECOVERY_S = 0.25, 2.0
"""How long the process is stopped, and how long it may take to be as quick as before."""


class Running:
    """A path that runs, and the last that it said of itself.

    Args:
        started: Its first report.
        pid: Of the audio process.
        send: Takes commands.
    """

    def __init__(self, started: Started, pid: int, send: Callable[[Command], None]) -> None:
        self.started = started
        self.pid = pid
        self.send = send
        self.meters: Meters | None = None
        self.said: list[Report] = []
        """All but meters: lost devices, notices, the end."""

    def follow(self, reports: Iterator[Report]) -> None:
        """Listen to the end; it says how it is 60 times a second, and would wait for somebody to hear it."""
        for report in reports:
            if isinstance(report, Meters):
                self.meters = report
            else:
                self.said.append(report)


def server_alone(frames: int, bursts: int) -> Delay:
    """What the sound server takes from the virtual microphone's output to the microphone itself.

    Raises:
        DeviceLostError: There is no sound server, or it died.
    """
    with there():
        return _measure(Route(OURS.sink, f"{OURS.sink}.monitor", OURS.source), frames, bursts)


def through(settings: Settings, bursts: int) -> tuple[Started, Delay]:
    """What a path of these settings takes from microphone to virtual microphone, bare of all stages.

    Raises:
        VoxError: The path does not run.
    """
    with there(), speaking(settings.model_copy(update=BARE)) as running:
        return running.started, across(settings.frames, bursts)


def voiced(settings: Settings, bursts: int) -> tuple[Started, Delay]:
    """What a path with a voice takes: of its dry side, which is held back as long, and keeps bursts' shape.

    Raises:
        VoxError: The path does not run.
    """
    silent = settings.model_copy(update={"denoise": False, "gate_db": -120.0, "monitor": None})
    with there(), speaking(silent) as running:
        running.send(Bypass(on=True))
        time.sleep(1)
        return running.started, across(settings.frames, bursts)


def stalled(settings: Settings, bursts: int) -> tuple[Delay, Delay]:
    """What a bare path takes before its process was stopped for `STALL_S`, and `RECOVERY_S` after it.

    Raises:
        VoxError: The path does not run.
    """
    with there(), speaking(settings.model_copy(update=BARE)) as running:
        before = across(settings.frames, bursts)
        os.kill(running.pid, signal.SIGSTOP)
        time.sleep(STALL_S)
        os.kill(running.pid, signal.SIGCONT)
        time.sleep(RECOVERY_S)
        return before, across(settings.frames, bursts)


def across(frames: int, bursts: int) -> Delay:
    """What the path that is `speaking` takes from microphone to virtual microphone."""
    return _measure(Route(PROBE.sink, PROBE.source, OURS.source), frames, bursts)


@contextmanager
def speaking(settings: Settings) -> Iterator[Running]:
    """Have a path run from the fake to the virtual microphone while the `with` block lasts.

    Raises:
        VoxError: It does not.
    """
    with (
        there(),
        audio_process(settings.model_copy(update={"input": PROBE.source, "output": "virtual"})) as audio,
    ):
        reports = audio.reports()
        started = next(reports)
        if isinstance(started, Failed):
            raise VoxError(started.text)
        assert isinstance(started, Started)
        running = Running(started, audio.pid, audio.send)
        listener = threading.Thread(target=running.follow, args=(reports,), name="reports")
        listener.start()
        try:
            yield running
        finally:
            audio.send(Stop())
            listener.join()


def _measure(route: Route, frames: int, bursts: int) -> Delay:
    return measure(backends.choose(), backends.choose(), route, frames, bursts)


@contextmanager
def there() -> Iterator[None]:
    """Have both microphones; afterwards they are gone, but for a virtual one that was there before."""
    made = [PROBE] if OURS.find() else [PROBE, OURS]
    for cable in made:
        cable.ensure()
    try:
        yield
    finally:
        deadline_s = time.monotonic() + RELEASE_S
        while not all(cable.release() for cable in made) and time.monotonic() < deadline_s:
            time.sleep(0.05)
