"""What the live path costs: per block in the real audio process, and in delay through a real sound server."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voxhumana.audio import backends
from voxhumana.bench import path
from voxhumana.channel import Failed, Stopped
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE
from voxhumana.process.client import audio_process

FRAMES = (128, 256)
"""Block sizes: the smallest that runs, and the default."""

BURSTS = 200
"""Of noise, each of which tells a delay; above the p99 lie two."""


def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield what the path alone and a voice cost, the shipped sample going through at its own pace."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"input": f"file:{SAMPLE}", "output": f"file:{Path(folder) / 'out.wav'}"}
        for changed in (path.BARE, {}):
            with audio_process(settings.model_copy(update=files | changed)) as audio:
                for report in audio.reports():
                    if isinstance(report, Failed):
                        raise VoxError(report.text)
                    if isinstance(report, Stopped):
                        yield report.report


def delays(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield the delay through the real server, of the server alone and of the bare path; Linux only, so far.

    Raises:
        DeviceLostError: There is no sound server.
    """
    if sys.platform != "linux":
        return
    way = backends.choose().name
    for frames in FRAMES:
        alone = path.server_alone(frames, BURSTS)
        yield {"path": "server alone", "frames": frames, **asdict(alone)}
        _, through = path.through(settings.model_copy(update={"frames": frames}), BURSTS)
        yield {"path": f"{way}, identity", "frames": frames, **asdict(through)}
