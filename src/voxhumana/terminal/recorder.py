"""Recording somebody in the terminal: a countdown, a level meter, and the sound at the end.

The caller's thread reads the microphone; its clock paces everything.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.text import Text

from voxhumana.audio.device import Source
from voxhumana.engine import Block

FLOOR_DB = -60.0
"""Left end of the meter."""
WIDTH = 40
"""Letters of the meter."""
LOUD_DB, QUIET_DB = -3.0, -30.0
"""Peaks above the first may be cut off; a voice whose peaks stay below the second is far away."""
FALL_DB = 20.0
"""A second, by which the meter falls back: that of a peak programme meter (IEC 60268-10, type I)."""


def capture(source: Source, duration_s: float, tell: Callable[[float, float], None]) -> Block:
    """Record until `duration_s` has passed, the source ends, or Ctrl-C; float32 [T] at its rate.

    Args:
        source: An open input.
        duration_s: At most so long.
        tell: Called with the seconds done and the block's peak in dBFS.

    Raises:
        DeviceLostError: The microphone went away.
    """
    blocks: list[Block] = []
    samples, wanted = 0, round(duration_s * source.rate_hz)
    try:
        while samples < wanted and (block := source.read()) is not None:
            blocks.append(block.copy())
            samples += len(block)
            tell(samples / source.rate_hz, 20 * float(np.log10(np.abs(block).max() + 1e-6)))
    except KeyboardInterrupt:
        if not blocks:
            raise
    return np.concatenate([np.zeros(0, np.float32), *blocks])[:wanted]


def record(source: Source, duration_s: float, console: Console) -> Block:
    """`capture` with a countdown and a meter for people who watch; Ctrl-C ends it early, and keeps it."""
    if not (console.is_terminal and sys.stdin.isatty()):
        return capture(source, duration_s, lambda *_: None)
    with Live(console=console, transient=True, refresh_per_second=20) as live:
        for left in (3, 2, 1):
            live.update(Text(f"  Recording in {left} ...", style="bold"))
            until_s = time.monotonic() + 1
            while time.monotonic() < until_s:
                source.read()  # what is heard before the start is let go
        shown_db, shown_s = FLOOR_DB, 0.0

        def tell(done_s: float, peak_db: float) -> None:
            nonlocal shown_db, shown_s
            shown_db, shown_s = max(peak_db, shown_db - FALL_DB * (done_s - shown_s)), done_s
            live.update(meter(shown_db, duration_s - done_s))

        return capture(source, duration_s, tell)


def meter(peak_db: float, left_s: float) -> Text:
    """One line: a bar of the level, and the time that is left."""
    filled = round(WIDTH * min(1.0, max(0.0, 1 - peak_db / FLOOR_DB)))
    colour = "red" if peak_db > LOUD_DB else "yellow" if peak_db < QUIET_DB else "green"
    line = Text(f"  {max(0.0, left_s):4.0f} s  ")
    line.append("#" * filled, style=colour)
    line.append("." * (WIDTH - filled), style="dim")
    return line.append(f" {peak_db:4.0f} dB   Ctrl-C ends it", style="dim")
