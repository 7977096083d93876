"""The finding about delay: measured through a running path, split into the devices' share and our own.

The devices' share is a measurement: bursts go through the sound server and a real audio process that converts
nothing. Our own share is what the stages of the chosen voice declare, which tests hold to the sample.
"""

from __future__ import annotations

import sys

from voxhumana.audio.virtual_mic import CABLE
from voxhumana.bench import path
from voxhumana.bench.delay import Delay
from voxhumana.channel import Started
from voxhumana.config import Settings
from voxhumana.doctor.finding import Finding, Level
from voxhumana.errors import VoxError

BURSTS = 50
"""Five seconds of them; the p99 is then the latest but one."""
SLOW_MS = 100.0
"""From here on people in a call talk into each other (ITU-T G.114 wants 150 ms in all, network included)."""


def delay(settings: Settings) -> Finding:
    """Play bursts into a fake microphone, from which `vox live` speaks into the virtual one."""
    if sys.platform != "linux":
        sentence = "The delay is measured on Linux only; `vox live` shows what the devices declare."
        return Finding("delay", Level.NOTE, sentence)
    if CABLE.recorded():
        sentence = "The delay was not measured, because a program listens to the virtual microphone."
        return Finding("delay", Level.NOTE, sentence, ("Leave the call, then run `vox doctor` again.",))
    try:
        with path.speaking(settings) as running:
            own_ms = stages_ms(running.started)
        bare, measured = path.through(settings, BURSTS)
    except VoxError as error:
        return Finding("delay", Level.FAIL, f"The path does not run: {error}")
    return judge_delay(measured, stages_ms(bare), own_ms, settings)


def judge_delay(measured: Delay, bare_ms: float, own_ms: float, settings: Settings) -> Finding:
    """What was measured, of which `bare_ms` are stages of the bare path; the voice's take `own_ms`."""
    if measured.heard < measured.bursts / 2 or not measured.heard:
        sentence = f"Of {measured.bursts} bursts only {measured.heard} came through the path."
        steps = ("Close other programs, then run `vox doctor` again.",)
        return Finding("delay", Level.FAIL if not measured.heard else Level.WARN, sentence, steps)
    device_ms = measured.median_ms - bare_ms
    sentence = (
        f"From microphone to call it takes {device_ms + own_ms:.1f} ms: {device_ms:.1f} ms the devices at "
        f"{settings.frames} frames (measured, p99 {measured.p99_ms - bare_ms:.1f} ms), "
        f"{own_ms:.1f} ms the voice '{settings.voice}'."
    )
    if device_ms + own_ms < SLOW_MS:
        return Finding("delay", Level.OK, sentence)
    steps = ("Set `frames: 128` in config.yaml, close other programs, or choose a faster voice.",)
    return Finding("delay", Level.WARN, sentence, steps)


def stages_ms(started: Started) -> float:
    """Declared delay of the stages between the devices."""
    return sum(row.latency_ms for row in started.ledger[1:-1])
