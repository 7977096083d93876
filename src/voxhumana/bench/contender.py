"""An engine that is judged, what makes a voice for it, and what it says of a clip, as it would live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import soxr

from voxhumana.bench.judges import Array
from voxhumana.bench.speech import RATE_HZ, Target
from voxhumana.convert import melody
from voxhumana.engine import Converter, Learner, Stage
from voxhumana.registry import load_converter
from voxhumana.voice import Voice

MakeVoice: TypeAlias = Callable[[Target], Voice]

BLOCK_S = 0.02


def contender(name: str) -> tuple[Converter, MakeVoice]:
    """An engine, and what makes a voice for it of a reference at 24 kHz."""
    engine = load_converter(name)

    def make(target: Target) -> Voice:
        if target.voice and name in target.voice.engines:
            return target.voice
        sound = target.reference  # a crafted voice can only be given its pitch
        settings = engine.learn(sound) if isinstance(engine, Learner) else {"pitch_hz": melody.mean_hz(sound)}
        return Voice(
            name="target", title="Target", character="", licence="", source="", engines={name: settings}
        )

    return engine, make


def convert(engine: Stage, voice: Voice, sound: Array) -> tuple[Array, float, float]:
    """(what comes out, aligned with what went in; RTF; p99 of a block, ms), block by block at 24 kHz."""
    source = soxr.resample(sound, RATE_HZ, engine.rate_hz)
    size = round(BLOCK_S * engine.rate_hz)
    stream = engine.open(voice)
    out: list[Array] = []
    spent: list[float] = []
    for at in range(0, len(source), size):
        began = time.perf_counter()
        out.extend(np.array(b) for b in stream.push(source[at : at + size]))
        spent.append(time.perf_counter() - began)
    out.extend(np.array(b) for b in stream.flush())
    said = np.concatenate(out)[engine.latency : engine.latency + len(source)]
    resampled: Array = soxr.resample(said, engine.rate_hz, RATE_HZ)
    return resampled, sum(spent) / (len(source) / engine.rate_hz), 1e3 * float(np.quantile(spent, 0.99))
