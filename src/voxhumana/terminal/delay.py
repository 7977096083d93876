"""A turn's delay as a bar: from the last syllable to the first sound, one colour a stage."""

from __future__ import annotations

from rich.text import Text

from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS

BAR_MS = 25
"""Of delay, for one character of the bar."""
LONGEST = 24
"""Characters of a bar; longer ones are shortened to it, so that the numbers fit beside it in 80 columns."""
BLOCK = "\u2585"
"""Lower five eighths: bars below each other stay apart."""
GOOD_MS, FAIR_MS = 400, 900
"""Delay up to which its number is green, and yellow: the median and the 95th percentile to keep."""
STAGES = {
    "hear": ("transcript", "blue"),
    "think": ("first_word", "magenta"),
    "wait": ("decision", "bright_black"),
    "speak": ("first_sound", "cyan"),
}
"""What is done at the end of each: the words are known, the reply has its first, you are surely done, it is
heard."""


def stages(timing: TurnTiming) -> list[tuple[str, float]]:
    """What the time went into, ms each, in the order in which it ended; drafts take none of it."""
    if timing.end_of_speech is None or timing.first_sound is None:
        return []
    moments = [(getattr(timing, field), name) for name, (field, _) in STAGES.items()]
    at, parts = timing.end_of_speech, []
    for moment, name in sorted((m, n) for m, n in moments if m is not None and m <= timing.first_sound):
        if moment > at:
            parts.append((name, (moment - at) / MS))
            at = moment
    return parts


def bar(timing: TurnTiming) -> Text:
    """The bar and its numbers; empty where nothing was answered."""
    parts = stages(timing)
    total_ms = sum(took for _, took in parts)
    if not parts:
        return Text("")
    scale = min(1.0, LONGEST * BAR_MS / total_ms)
    line = Text(no_wrap=True, overflow="ellipsis")
    for name, took in parts:
        line.append(BLOCK * max(1, round(took * scale / BAR_MS)), STAGES[name][1])
    style = "green" if total_ms <= GOOD_MS else "yellow" if total_ms <= FAIR_MS else "red"
    line.append(f" {total_ms:.0f} ms", f"bold {style}")
    for number, (name, took) in enumerate(parts):
        line.append(" = " if not number else " + ", "dim").append(f"{name} {took:.0f}", STAGES[name][1])
    if timing.interruption is not None:
        line.append("  interrupted", "dim")
    return line
