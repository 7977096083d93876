"""What each voice costs: the shipped sample through the live chain, in a device's blocks, off the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from time import perf_counter, thread_time
from typing import Any

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


def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield one row a voice, and one for the path alone (`identity`)."""
    with SoundReader(SAMPLE) as file:
        rate_hz = file.rate_hz
        sound = file.read(60 * rate_hz)
    for voice in Shelf(settings.data_dir):
        yield row(settings.model_copy(update={"voice": voice.name, "engine": None}), sound, rate_hz)
    yield row(settings.model_copy(update={"engine": "identity"}), sound, rate_hz)


def engine_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield one row an engine, the same clip for all; one that lacks a voice or a file says what it lacks."""
    with SoundReader(SAMPLE) as file:
        rate_hz = file.rate_hz
        sound = file.read(60 * rate_hz)
    voices = list(Shelf(settings.data_dir))
    for name in converter_names():
        own = next((voice.name for voice in voices if name in voice.engines), settings.voice)
        before = psutil.Process().memory_info().rss
        try:
            measured = row(settings.model_copy(update={"voice": own, "engine": name}), sound, rate_hz)
        except VoxError as error:
            yield {"engine": name, "lacks": str(error)}
            continue
        yield measured | {"memory_mb": max(0, psutil.Process().memory_info().rss - before) / 1e6}


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
