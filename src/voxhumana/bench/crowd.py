"""What `vox bench serve` measured, beside what is wanted of a server: rows of a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from voxhumana.bench.verdict import Row

SETTLED = 0.3
"""Memory is compared from this part of the run on: before, engines are loaded and caches fill."""
EDGE = 0.2
"""Of what is left, the first and the last part so long are compared, by their medians: what an engine takes
for a sentence and gives back is no growth."""
GROWTH_MB = 20.0
"""As for the live path (`bench.verdict`)."""
FOREIGN = 1e-3
"""Peak, -60 dB: what of the others may be in a session's silence."""
LOST_MS = 20.0
"""Of sound that did not come back: one frame, which was under way at the end."""
BUSY = 503


def growth_mb(sizes_mb: Sequence[float]) -> float | None:
    """How much the memory grew after it settled, in MB; None when it was not watched."""
    settled = sizes_mb[int(len(sizes_mb) * SETTLED) :]
    if not settled:
        return None
    edge = max(1, round(len(settled) * EDGE))
    return float(np.median(settled[-edge:]) - np.median(settled[:edge]))


def by_minute(sizes_mb: Sequence[float], apart_s: float) -> list[int]:
    """The median of each minute's sizes, which are `apart_s` apart, in MB."""
    count = max(1, round(60 / apart_s))
    return [round(float(np.median(sizes_mb[at : at + count]))) for at in range(0, len(sizes_mb), count)]


def verdict(figures: Mapping[str, Any]) -> list[Row]:
    """Hold the figures of `bench.serve.measure` against what is wanted; skip what was not measured."""
    return [*_room(figures), *_conversions(figures), *_conversations(figures), *_memory(figures)]


def _room(figures: Mapping[str, Any]) -> Iterator[Row]:
    for kind, wanted in (("converts", figures["asked_converts"]), ("talks", figures["asked_talks"])):
        if wanted:
            let_in = figures[kind]
            yield Row(f"{kind} let in", f"{let_in} of {wanted}", "all", let_in == wanted)
    for kind, status in figures["refused_beyond"].items():
        said = "there was room" if status is None else f"HTTP {status}"
        yield Row(f"one {kind} more", said, f"{BUSY}, or room", status in {None, BUSY})


def _conversions(figures: Mapping[str, Any]) -> Iterator[Row]:
    if not figures["lost_ms"]:
        return
    count, foreign = figures["stretches"], figures.get("stretches_foreign")
    if count:
        own, other = (f"{figures[f'likeness_{whose}']:.2f}" for whose in ("own", "other"))
        alike = f"its own {own}, the most similar other's {other} (medians)"
        yield Row(
            "stretches more like another's", f"{foreign} of {count}; alike: {alike}", "none", foreign == 0
        )
        silences, peak = figures["silences"], figures["foreign_peak"]
        heard = f"{peak:.5f} in {silences} silences" if silences else "no silence was heard"
        yield Row("peak of the others", heard, f"<= {FOREIGN}", silences > 0 and peak <= FOREIGN)
    lost_ms = figures["lost_ms"]
    losers = sum(each > LOST_MS for each in lost_ms)
    lost = f"{max(lost_ms):.0f} ms at most; by {losers} of {len(lost_ms)}"
    yield Row("sound lost", lost, f"<= {LOST_MS:.0f} ms", not losers)
    if count:
        p50, p99, most = (figures[f"delay_{part}_ms"] for part in ("p50", "p99", "max"))
        declared = f"declared {figures['declared_ms']:.0f} ms"
        yield Row("delay", f"p50 {p50:.0f}, p99 {p99:.0f}, max {most:.0f} ms; {declared}", "stated", True)
    else:
        yield Row("delay", "too little came back", "stated", False)


def _conversations(figures: Mapping[str, Any]) -> Iterator[Row]:
    if "talk_questions" not in figures:
        return
    asked, answered = figures["talk_questions"], figures["talk_answers"]
    foreign, errors = figures["talk_foreign"], figures["talk_errors"]
    yield Row("questions answered", f"{answered} of {asked}", "all", 0 < asked == answered)
    if answered:
        p50, p95 = (figures[f"talk_answer_{part}_ms"] / 1e3 for part in ("p50", "p95"))
        yield Row("question's end to answer", f"p50 {p50:.1f}, p95 {p95:.1f} s", "stated", True)
    right = f"{figures['talk_understood']} of {asked} name their own topic"
    yield Row("another's words", f"in {foreign} questions; {right}", "none", foreign == 0)
    yield Row("errors", "; ".join(errors) or "none", "none", not errors)


def _memory(figures: Mapping[str, Any]) -> Iterator[Row]:
    grown_mb = figures["memory_growth_mb"]
    if grown_mb is not None:
        minutes = f"over {figures['duration_s'] / 60:.1f} minutes, once settled"
        course = ", ".join(map(str, figures["memory_mb_by_minute"]))
        measured = f"{grown_mb:+.1f} MB {minutes}; by the minute {course}"
        yield Row("memory", measured, f"< {GROWTH_MB:.0f} MB", grown_mb < GROWTH_MB)
