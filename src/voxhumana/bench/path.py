"""A real audio process between a fake microphone and the virtual one, to measure what it adds; Linux only."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from voxhumana.audio import backends
from voxhumana.audio.virtual_pulse import OURS, PROBE
from voxhumana.bench.delay import Delay, Route, measure
from voxhumana.channel import Failed, Started, Stop
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.process.client import audio_process

BARE = {"engine": "identity", "pitch_semitones": 0.0, "denoise": False, "gate_db": -120.0, "monitor": None}
"""Settings of a path that changes nothing."""

RELEASE_S = 1.0
"""Patience: servers see a client go some milliseconds after it went."""


def server_alone(frames: int, bursts: int) -> Delay:
    """What the sound server takes from the virtual microphone's output to the microphone itself.

    Raises:
        DeviceLostError: There is no sound server, or it died.
    """
    with _there():
        return _measure(Route(OURS.sink, f"{OURS.sink}.monitor", OURS.source), frames, bursts)


def through(settings: Settings, bursts: int) -> tuple[Started, Delay]:
    """What a path of these settings takes from microphone to virtual microphone, bare of all stages.

    Raises:
        VoxError: The path does not run.
    """
    with _there(), speaking(settings.model_copy(update=BARE)) as started:
        return started, _measure(Route(PROBE.sink, PROBE.source, OURS.source), settings.frames, bursts)


@contextmanager
def speaking(settings: Settings) -> Iterator[Started]:
    """Have a path run from the fake to the virtual microphone while the `with` block lasts.

    Raises:
        VoxError: It does not.
    """
    with (
        _there(),
        audio_process(settings.model_copy(update={"input": PROBE.source, "output": "virtual"})) as audio,
    ):
        reports = audio.reports()
        started = next(reports)
        if isinstance(started, Failed):
            raise VoxError(started.text)
        assert isinstance(started, Started)
        # it says how it is, 60 times a second, and would wait for somebody to listen
        listener = threading.Thread(target=deque, args=(reports, 0), name="reports")
        listener.start()
        try:
            yield started
        finally:
            audio.send(Stop())
            listener.join()


def _measure(route: Route, frames: int, bursts: int) -> Delay:
    return measure(backends.choose(), backends.choose(), route, frames, bursts)


@contextmanager
def _there() -> Iterator[None]:
    """Both microphones; afterwards they are gone, but for a virtual one that was there before."""
    made = [PROBE] if OURS.find() else [PROBE, OURS]
    for cable in made:
        cable.ensure()
    try:
        yield
    finally:
        deadline_s = time.monotonic() + RELEASE_S
        while not all(cable.release() for cable in made) and time.monotonic() < deadline_s:
            time.sleep(0.05)
