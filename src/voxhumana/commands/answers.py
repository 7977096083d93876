"""How `vox bench talk` shows what it measured; what it returns goes into the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from voxhumana.assistant.timing import TurnTiming
from voxhumana.bench.pauses import Trial
from voxhumana.bench.talk import Answered, processing, stages


def answers(
    answered: Sequence[Answered], timings: Sequence[TurnTiming], console: Console
) -> dict[str, object]:
    """Show a table of questions, and how long the answers and their stages took."""
    table = Table("question", "pause ms", "answer after ms", "cut off", box=None)
    rows = []
    for answer in answered:
        pause_ms = answer.asked.pause_s * 1e3
        delay = "none" if answer.delay_ms is None else f"{answer.delay_ms:.0f}"
        table.add_row(answer.asked.text, f"{pause_ms:.0f}", delay, "yes" if answer.cut_off else "no")
        rows.append(
            {
                "question": answer.asked.text,
                "pause_ms": pause_ms,
                "delay_ms": answer.delay_ms,
                "cut_off": answer.cut_off,
            }
        )
    console.print(table)
    delays = [a.delay_ms for a in answered if a.delay_ms is not None and not a.cut_off]
    p50, p95 = np.percentile(delays, [50, 95]).tolist() if delays else (None, None)
    cut_off = sum(a.cut_off for a in answered)
    spread = "nothing was answered" if p50 is None else f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    console.print(f"voice to voice: {spread}; {cut_off} cut off")
    split, after = stages(timings), processing(timings)
    for name, done in split.items():
        console.print(f"{name}: {_in_words(done)} after the last syllable")
    if after:
        console.print(f"decision to first audio: {_in_words(after)}")
    return {
        "p50_ms": p50,
        "p95_ms": p95,
        "cut_off": cut_off,
        "stages": split,
        "processing": after,
        "rows": rows,
        "turns": [timing.report() for timing in timings],
    }


def cut_offs(trials: Sequence[Trial], console: Console) -> dict[str, object]:
    """Show which sentences were cut off, and how many of all."""
    cut = [trial for trial in trials if trial.cut_off]
    for trial in cut:
        console.print(f"cut off in a pause of {trial.pause_s * 1e3:.0f} ms: {trial.text}")
    percent = 100 * len(cut) / len(trials)
    console.print(f"false cut-offs: {len(cut)} of {len(trials)} ({percent:.0f} %)")
    rows = [{"text": t.text, "pause_ms": t.pause_s * 1e3, "cut_off": t.cut_off} for t in trials]
    return {"cut_off": len(cut), "trials": len(trials), "cut_off_percent": percent, "rows": rows}


def _in_words(summary: Mapping[str, float]) -> str:
    return f"p50 {summary['p50_ms']:.0f} ms, p95 {summary['p95_ms']:.0f} ms"
