"""How much an RVC stream should render at a time on this machine: context, fade and block, by measurement.

context   the shortest whose sound is that of a long one       voice
fade      the shortest without a click                         voice
block     the shortest that this machine renders in time       machine
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.audio.file import SoundReader
from voxhumana.convert.rvc.converter import FRAME, RATE_HZ, Rvc
from voxhumana.convert.rvc.timing import Timing
from voxhumana.library.shelf import SAMPLE
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

CONTEXTS, LONG = (50, 76, 100, 150, 200), 300
"""Frames of 10 ms tried, and what they are held against."""
FADES = (2, 4, 6, 8)
BLOCKS = (10, 12, 16, 20, 24, 32, 40, 50)
ALIKE = 0.95
"""Correlation of spectra with the long context's; what is asked of a stream against one rendering of all."""
CLICK = 1.5
"""Largest second difference at joins, over the 99.9th percentile elsewhere, beyond which it clicks."""
SPARE = 0.7
"""Share of a block's time that rendering may take at worst: the rest of the path and the system want some."""
SOUND_S = 4.0
TIMED = 24
"""Blocks whose time is taken; the first ones warm up."""
WARM_UP = 4


@dataclass(frozen=True)
class Tried:
    """One timing on this machine."""

    timing: Timing
    delay_ms: float
    """From a sound to its conversion: the latency declared, and the block waited for."""
    p50_ms: float
    worst_ms: float
    """Of a block."""
    alike: float
    """Correlation of its spectra with those of a context of 3 s."""
    click: float
    """Largest second difference at joins, over the 99.9th percentile elsewhere."""

    @property
    def load(self) -> float:
        """Share of a block's time that rendering takes at worst."""
        return self.worst_ms / (10 * self.timing.block)

    def row(self) -> dict[str, Any]:
        """As JSON has it."""
        figures = {
            name: getattr(self, name) for name in ("delay_ms", "p50_ms", "worst_ms", "load", "alike", "click")
        }
        return asdict(self.timing) | figures


def tune(model: str, voice: Voice, tell: Callable[[float, float], None]) -> tuple[Timing, list[Tried]]:
    """The choice for this machine and voice, and what was tried; the longest block where none is in time.

    Args:
        model: A `.pth`, `.safetensors` or `.onnx`; "" = the voice's own.
        voice: Who speaks.
        tell: Called with the steps done, and those in all.

    Raises:
        VoxError: The voice has no RVC model, or one of its files is missing or bad.
    """
    steps = len(CONTEXTS) + len(FADES) + len(BLOCKS) + 1
    done = iter(range(steps + 1))
    sound = speech()

    def made(timing: Timing) -> Array:
        tell(next(done), steps)
        return rendered(Rvc(model, timing), voice, sound)

    base = Timing()
    expect = made(replace(base, context=LONG))
    alike = {context: likeness(made(replace(base, context=context)), expect) for context in CONTEXTS}
    context = next((c for c in CONTEXTS if alike[c] >= ALIKE), CONTEXTS[-1])
    clicks = {}
    for fade in FADES:
        timing = replace(base, context=context, fade=fade)
        clicks[fade] = click(
            made(timing), -Rvc(model, timing).latency % (timing.block * FRAME), timing.block * FRAME
        )
    fade = next((f for f in FADES if clicks[f] <= CLICK), min(FADES, key=lambda f: clicks[f]))
    tried = []
    for block in BLOCKS:
        tell(next(done), steps)
        timing = Timing(block, context, min(fade, block // 2), base.edge)
        engine = Rvc(model, timing)
        took_ms = timed(engine, voice, sound)
        delay_ms = 1e3 * (engine.latency + engine.hop) / RATE_HZ
        tried.append(
            Tried(timing, delay_ms, float(np.median(took_ms)), max(took_ms), alike[context], clicks[fade])
        )
    chosen = next((one for one in tried if one.load <= SPARE), tried[-1])
    return chosen.timing, tried


def speech() -> Array:
    """The shipped sample, float32 [T] at 48 kHz."""
    import soxr  # noqa: PLC0415  # only here, and not for the live path's start

    with SoundReader(SAMPLE) as file:
        sound = file.read(int(SOUND_S * file.rate_hz))
        out: Array = soxr.resample(sound, file.rate_hz, RATE_HZ).astype(np.float32)
    return out


def rendered(engine: Rvc, voice: Voice, sound: Array) -> Array:
    """What a session makes of `sound`, laid on it."""
    stream = engine.open(voice)
    blocks = [block.copy() for block in stream.push(sound)] + [block.copy() for block in stream.flush()]
    return np.concatenate(blocks)[engine.latency :]


def timed(engine: Rvc, voice: Voice, sound: Array) -> list[float]:
    """Milliseconds that blocks took, after the first ones."""
    stream, took_ms = engine.open(voice), []
    for at in range(WARM_UP + TIMED):
        start = at * engine.hop % (len(sound) - engine.hop)
        began_s = perf_counter()
        for _ in stream.push(sound[start : start + engine.hop]):
            pass
        took_ms.append(1e3 * (perf_counter() - began_s))
    return took_ms[WARM_UP:]


def likeness(found: Array, expect: Array) -> float:
    """Correlation of the spectra over 20 ms, to the power 0.3, as loudness goes; phase does not count."""

    def loudness(sound: Array) -> Array:
        frames = np.lib.stride_tricks.sliding_window_view(sound, 2 * FRAME)[::FRAME]
        power = np.abs(np.fft.rfft(frames * np.hanning(2 * FRAME))) ** 0.3
        return power.ravel().astype(np.float32)

    return float(np.corrcoef(loudness(found), loudness(expect))[0, 1])


def click(sound: Array, first: int, block: int) -> float:
    """The largest second difference 0.5 ms about joins, over the 99.9th percentile elsewhere."""
    jumps = np.abs(np.diff(sound, 2))
    near = np.zeros(len(jumps), bool)
    for at in range(first + block, len(jumps), block):
        near[max(0, at - 24) : at + 24] = True
    if not near.any() or near.all():
        return 0.0
    return float(jumps[near].max() / max(float(np.quantile(jumps[~near], 0.999)), 1e-9))


def marked(tried: Sequence[Tried], chosen: Timing) -> list[tuple[str, ...]]:
    """The table's cells, a row a block."""
    return [
        (
            f"{10 * one.timing.block}", f"{10 * one.timing.context}", f"{10 * one.timing.fade}",
            f"{one.delay_ms:.0f}", f"{one.p50_ms:.0f}", f"{one.worst_ms:.0f}", f"{one.load:.0%}",
            "chosen" if one.timing == chosen else "",
        )
        for one in tried
    ]  # fmt: skip
