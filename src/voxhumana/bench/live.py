"""What the live path costs: every figure that is asked of it, through the sound server that runs here.

in the audio process    compute a block, of the path alone and of a voice           `rows`
through the server      delay at 128 and 256 frames, with voices, after a stall     `measure`
by the clock            how soon `vox --help` and `vox live` are there              `measure`
for minutes             underruns, delay, memory beside a busy core                 `measure`, if asked
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal

from voxhumana.audio import backends
from voxhumana.audio.file import SoundReader
from voxhumana.audio.virtual_pulse import PROBE
from voxhumana.bench import path, startup
from voxhumana.bench.convert import row as cost_of
from voxhumana.bench.soak import soak
from voxhumana.channel import Failed, Stopped
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE, Shelf
from voxhumana.process.client import audio_process

FRAMES = (128, 256)
"""Block sizes: the smallest that runs, and the default."""

CRAFTED = "dsp"
"""Engine of crafted voices: measured beside the one that the voice prefers, if the voice has it."""

BURSTS, FEW_BURSTS = 200, 50
"""Of noise, each of which tells a delay; above the p99 of 200 lie two. A median takes fewer."""


def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield what the path alone and a voice cost, the shipped sample going through at its own pace.

    The path alone gives its input back, so that its delay is measured, too: `file_delay` of the file devices,
    in samples, which should be as many as `file_delay_declared`.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        files = {"input": f"file:{SAMPLE}", "output": f"file:{out}"}
        for changed in (path.BARE, {}):
            with audio_process(settings.model_copy(update=files | changed)) as audio:
                for report in audio.reports():
                    if isinstance(report, Failed):
                        raise VoxError(report.text)
                    if isinstance(report, Stopped):
                        row = report.report
            if changed:
                row["file_delay"] = _lag(SAMPLE, out)
                row["file_delay_declared"] = round(row["latency_total_ms"] * row["rate_hz"] / 1e3)
            yield row


def measure(
    settings: Settings, soak_minutes: float | None, doing: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Measure through the sound server; Linux only, so far: elsewhere the virtual microphone is a driver's.

    Args:
        settings: Whose voice and devices.
        soak_minutes: None = no soak.
        doing: Is told what is being measured.

    Raises:
        DeviceLostError: There is no sound server.
    """
    if sys.platform != "linux":
        return {}
    measured: dict[str, Any] = {"server": backends.choose().name, "delays": []}
    for frames in FRAMES:
        doing(f"delay at {frames} frames")
        alone = path.server_alone(frames, FEW_BURSTS)
        bare, through = path.through(settings.model_copy(update={"frames": frames}), BURSTS)
        measured["delays"].append(
            {
                "frames": frames,
                **asdict(through),
                "server_ms": alone.median_ms,
                "priority": bare.priority,
            }
        )
    measured["voices"] = []
    own = Shelf(settings.data_dir).find(settings.voice).engines
    for engine in dict.fromkeys((settings.engine or next(iter(own)), *({CRAFTED} & own.keys()))):
        doing(f"delay and cost of a voice, {engine}")
        measured["voices"].append(_voice(settings.model_copy(update={"engine": engine})))
    doing("a stall")
    before, after = path.stalled(settings, FEW_BURSTS)
    measured["stall"] = {"before_ms": before.median_ms, "after_ms": after.median_ms}
    doing("start-up")
    measured["start"] = {"help": startup.help_s()}
    with path.there():
        measured["start"]["live"] = startup.live_s(PROBE.source, "virtual")
    if soak_minutes:
        doing(f"{soak_minutes:g} minutes beside a busy core")
        soaked = soak(settings, soak_minutes)
        measured["soak"] = {**asdict(soaked), "underruns_in_1000": soaked.underruns_in_1000}
    return measured


def _voice(settings: Settings) -> dict[str, Any]:
    started, late = path.voiced(settings, FEW_BURSTS)
    with SoundReader(SAMPLE) as file:
        cost = cost_of(settings, file.read(10 * file.rate_hz), file.rate_hz)
    return {"voice": started.voice, "engine": started.engine, **asdict(late), "cost": cost}


def _lag(before: Path, after: Path) -> int:
    """By how many samples one file is late against the other."""
    with SoundReader(before) as first, SoundReader(after) as second:
        ratio = second.rate_hz / first.rate_hz
        said, heard = first.read(60 * first.rate_hz), second.read(90 * second.rate_hz)
    assert ratio == 1, "file devices keep the rate"
    likeness = signal.correlate(heard, said, "full", method="fft")
    return int(np.argmax(likeness)) - len(said) + 1
