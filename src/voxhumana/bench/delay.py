"""The delay that a running path adds, measured through the real sound server, burst by burst.

    bursts -> fake microphone -> path under test -> virtual microphone
                    |                                     |
                reference                               heard         two recordings on one clock

Every burst is other noise than the rest, so a matched filter finds each by itself, however late, and finds
none twice. A recording is put on the machine's clock by the block that was delivered earliest: a scheduler
can make a block late, never early. With a path of nothing (play into the virtual microphone's own output,
whose monitor is the reference) the figure is the sound server's own share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from voxhumana.audio.device import Backend, Source
from voxhumana.engine import Block
from voxhumana.process.realtime import AUDIO, hurry

BURST_S = 0.04
"""Longer, and a burst stands out better from noise and other bursts; shorter, and it is more of an event."""
EVERY_S = 0.1
BAND_HZ = (300.0, 6000.0)
"""Speech's own band, which every stage of a path lets through."""
LATEST_S = 1.0
"""A burst later than this counts as lost."""
EARLY_S = 0.005
"""Looked for from this much before the reference, so that an error of the clocks would show."""
CUSHION = 8
"""Blocks of the probe's own output: how late it plays is no matter, that it plays without gaps is."""
ALIKE = 0.5
"""Least correlation of a burst with its echo; in ten seconds of other bursts 0.29 is the most found."""


@dataclass(frozen=True)
class Route:
    """Where to play and to listen; addresses of one backend."""

    played_into: str
    """The sink behind the fake microphone."""
    reference: str
    """The fake microphone, which the path hears."""
    heard: str
    """The virtual microphone, which a call hears."""


@dataclass(frozen=True)
class Delay:
    """What was measured."""

    median_ms: float
    p99_ms: float
    max_ms: float
    bursts: int
    """How many the path was given."""
    heard: int
    """How many of them came through."""


@dataclass(frozen=True)
class Track:
    """What one client heard."""

    samples: Block
    rate_hz: int
    start_s: float
    """Sample 0 on the clock of `time.monotonic`, by the block that was delivered earliest."""


def bursts(count: int, rate_hz: int) -> Block:
    """`count` bursts, float32 [count, T], peak 0.5; the same at every call."""
    length = round(BURST_S * rate_hz)
    noise = np.random.default_rng(20).standard_normal((count, length))
    band = signal.butter(4, BAND_HZ, "bandpass", fs=rate_hz, output="sos")
    shaped = signal.sosfiltfilt(band, noise) * signal.windows.hann(length)
    scaled: Block = (0.5 * shaped / np.abs(shaped).max(axis=1, keepdims=True)).astype(np.float32)
    return scaled


def train(played: Block, rate_hz: int) -> Block:
    """The bursts [count, T] in a row, one every `EVERY_S`."""
    return np.pad(played, ((0, 0), (0, round(EVERY_S * rate_hz) - played.shape[1]))).ravel()


def measure(
    mouth: Backend, ears: Backend, route: Route, frames: int, count: int = 200, rate_hz: int = 48_000
) -> Delay:
    """Play `count` bursts along the route and say when they arrived; takes `count` / 10 + 2 seconds.

    Args:
        mouth: Plays. Were it one client with the ears, PipeWire's graph would have a loop, and one of its
            links, any one, would be a block late.
        ears: Listens.
        route: Where the path under test begins and ends.
        frames: Block size of the probe; that of the path under test, lest one slow the other.
        count: Bursts to play; the p99 of 200 has two above it.
        rate_hz: Rate of all three devices.

    Raises:
        DeviceLostError: A device is not there or went away.
    """
    played = bursts(count, rate_hz)
    sound = np.pad(train(played, rate_hz), round(LATEST_S * rate_hz))
    stop = threading.Event()
    reference = ears.open_source(route.reference, rate_hz, frames)
    heard = ears.open_source(route.heard, rate_hz, frames)
    sink = mouth.open_sink(route.played_into, rate_hz, CUSHION * frames)
    position = 0

    def play(samples: int) -> None:
        """Play as much as was heard: the reference is the clock."""
        nonlocal position
        sink.write(sound[position : position + samples])
        position += samples
        if position + samples > len(sound):
            stop.set()

    try:
        sink.write(np.zeros(CUSHION * frames, np.float32))
        with ThreadPoolExecutor(2, initializer=hurry, initargs=(AUDIO,)) as threads:
            hearing = threads.submit(listen, heard, stop)
            try:
                referred = threads.submit(listen, reference, stop, play).result()
            finally:
                stop.set()
        return summarise(compare(played, referred, hearing.result()))
    finally:
        for device in (sink, heard, reference):
            device.close()


def listen(source: Source, stop: threading.Event, on_block: Callable[[int], None] = lambda _: None) -> Track:
    """Record until `stop` is set; `on_block` is told the length of every block."""
    blocks: list[Block] = []
    start_s = np.inf
    position = 0
    dropped = source.dropped
    while not stop.is_set() and (block := source.read()) is not None:
        now_s = time.monotonic()
        if source.dropped > dropped:
            blocks.append(np.zeros(source.dropped - dropped, np.float32))
            position += source.dropped - dropped
            dropped = source.dropped
        blocks.append(block)
        position += len(block)
        start_s = min(start_s, now_s - position / source.rate_hz)
        on_block(len(block))
    return Track(np.concatenate(blocks), source.rate_hz, float(start_s))


def compare(played: Block, reference: Track, heard: Track) -> npt.NDArray[np.float64]:
    """Milliseconds from reference to heard, float64 [n] of the n bursts in the reference; NaN = not heard."""
    delays_s = []
    next_s = None
    for burst in played:
        if next_s is None:
            sent_s = _when_s(burst, reference, reference.start_s, len(reference.samples) / reference.rate_hz)
        else:
            sent_s = _when_s(burst, reference, next_s - EVERY_S / 2, EVERY_S)
        if not np.isnan(sent_s):
            delays_s.append(_when_s(burst, heard, sent_s - EARLY_S, EARLY_S + LATEST_S) - sent_s)
            next_s = sent_s
        next_s = next_s and next_s + EVERY_S
    return np.array(delays_s) * 1e3


def summarise(delays_ms: npt.NDArray[np.float64]) -> Delay:
    """The figures of `compare`."""
    heard = delays_ms[~np.isnan(delays_ms)]
    median, p99, most = np.percentile(heard, [50, 99, 100]) if len(heard) else (np.nan,) * 3
    return Delay(float(median), float(p99), float(most), len(delays_ms), len(heard))


def _when_s(burst: Block, track: Track, from_s: float, for_s: float) -> float:
    """When a burst begins on the clock, looked for in a window of the track; NaN = not there."""
    begin = max(0, round((from_s - track.start_s) * track.rate_hz))
    window = track.samples[begin : begin + round(for_s * track.rate_hz) + len(burst)]
    return track.start_s + (begin + _find(burst, window)) / track.rate_hz


def _find(wanted: Block, sound: Block) -> float:
    """Where `wanted` begins in `sound`, between samples, by correlation of either sign; NaN = nowhere."""
    if len(sound) < len(wanted):
        return np.nan
    correlation = signal.correlate(sound, wanted, "valid", method="fft")
    passed = np.cumsum(np.pad(sound.astype(np.float64) ** 2, (1, 0)))
    power = passed[len(wanted) :] - passed[: -len(wanted)]
    floor = 1e-3 * float(np.sum(wanted**2))  # what is 30 dB below the burst is no echo of it
    likeness = np.abs(correlation) / np.sqrt(np.maximum(power, floor) * np.sum(wanted**2))
    peak = int(np.argmax(likeness))
    if likeness[peak] < ALIKE:
        return np.nan
    return peak + _between(likeness, peak)


def _between(curve: npt.NDArray[np.float64], peak: int) -> float:
    """Offset, -0.5 to 0.5, of the top of the parabola through the peak and its neighbours."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    before, top, after = curve[peak - 1 : peak + 2]
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend else 0.0
