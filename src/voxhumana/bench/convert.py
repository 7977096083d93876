"""What each voice costs: the shipped sample through the live chain, in a device's blocks, off the clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from time import perf_counter, thread_time
from typing import Any, Self

import psutil

from voxhumana import build
from voxhumana.audio.file import SoundReader
from voxhumana.config import Settings
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE, Shelf
from voxhumana.meter import Meter
from voxhumana.registry import converter_names

WARM_UP_S = 1.0
"""Sound pushed before the clock starts: first calls fill caches that live fills before it speaks."""
LOOK_S = 0.02
"""Between two looks at the memory."""


def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield one row a voice, and one for the path alone (`identity`)."""
    with SoundReader(SAMPLE) as file:
        rate_hz = file.rate_hz
        sound = file.read(60 * rate_hz)
    for voice in Shelf(settings.data_dir):
        yield row(settings.model_copy(update={"voice": voice.name, "engine": None}), sound, rate_hz)
    yield row(settings.model_copy(update={"engine": "identity"}), sound, rate_hz)


def engine_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield one row an engine, the same clip for all; one that lacks a voice or a file says what it lacks.

    Each runs in a process of its own, so that its memory is its own.
    """
    voices = list(Shelf(settings.data_dir))
    for name in converter_names():
        own = next((voice.name for voice in voices if name in voice.engines), settings.voice)
        chosen = settings.model_copy(update={"voice": own, "engine": name})
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            yield process.submit(engine_row, chosen).result()


def engine_row(settings: Settings) -> dict[str, Any]:
    """The row of one engine and voice: its cost, and how far memory rose at most, loading included."""
    with SoundReader(SAMPLE) as file:
        rate_hz = file.rate_hz
        sound = file.read(60 * rate_hz)
    try:
        with Peak() as peak:
            measured = row(settings, sound, rate_hz)
    except VoxError as error:
        return {"engine": settings.engine, "lacks": str(error)}
    return measured | {"memory_mb": peak.grown / 1e6}


class Peak:
    """Watches this process's resident memory while it is entered, from a thread of its own."""

    grown = 0
    """Bytes by which it rose at most."""

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._process, self._done = psutil.Process(), threading.Event()
        self._before = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch, name="peak", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        last = False
        while not last:
            last = self._done.wait(LOOK_S)
            self.grown = max(self.grown, self._process.memory_info().rss - self._before)


def row(settings: Settings, sound: Block, rate_hz: int) -> dict[str, Any]:
    """Convert `sound` in blocks of `settings.frames`, and say what a block cost."""
    speaking = build.role(settings, settings.voice, settings.engine)
    chain, stream = build.offline(speaking, settings.pitch_semitones, stream=True)(rate_hz, settings.frames)
    meter = Meter()
    warm_cpu_s, cpu_s = 0.0, thread_time()
    for at in range(0, len(sound), settings.frames):
        block = sound[at : at + settings.frames]
        began_s = perf_counter()
        for _ in stream.push(block):
            pass
        if at >= WARM_UP_S * rate_hz:
            meter.add(perf_counter() - began_s, len(block) / rate_hz)
        else:
            warm_cpu_s = thread_time() - cpu_s
    converter = speaking.converter
    return {
        "voice": speaking.voice.name,
        "engine": converter.name,
        "hop_ms": 1e3 * converter.hop / converter.rate_hz,
        "latency_ms": 1e3 * chain.latency / chain.rate_hz,
        **asdict(meter.cost()),
        "cpu_rtf": (thread_time() - cpu_s - warm_cpu_s) / max(len(sound) / rate_hz - WARM_UP_S, WARM_UP_S),
    }
