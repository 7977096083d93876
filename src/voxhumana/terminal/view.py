"""What `vox live` shows: meters, latency by stage, compute, and who speaks."""

from __future__ import annotations

from collections import deque

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from voxhumana.channel import Back, Lost, Meters, Notice, Report, Started, Switched
from voxhumana.meter import StageLatency
from voxhumana.terminal.desk import HELP, Desk

BAR = 40
"""Characters of a level meter."""

FLOOR_DB = -60.0
"""Where a level meter begins."""

HOT_DB, WARM_DB = -3.0, -12.0
"""From where it is red, and yellow."""


class View:
    """Holds the last of each report, and draws them.

    Args:
        desk: Where the knobs stand.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._started: Started | None = None
        self._speaking: Started | Switched | None = None
        self._meters: Meters | None = None
        self._news: deque[str] = deque(maxlen=3)

    def show(self, report: Report) -> None:
        """Take notice of a report; from any thread."""
        match report:
            case Started():
                self._started = self._speaking = report
            case Switched():
                self._speaking = report
            case Meters():
                self._meters = report
            case Notice() | Lost() | Back():
                self._news.append(report.text)

    def __rich__(self) -> RenderableType:
        if not (self._started and self._speaking and self._meters):
            return Text("Opening devices and voice ...", "dim")
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="bold", justify="right")
        rows.add_column()
        rows.add_row("voice", self._voice(self._speaking))
        rows.add_row("from", self._started.input)
        rows.add_row("", bar(self._meters.in_db))
        rows.add_row("to", self._started.output)
        rows.add_row("", bar(self._meters.out_db))
        rows.add_row("delay", latency(self._speaking.ledger))
        rows.add_row("compute", compute(self._meters, self._started))
        rows.add_row("flow", flow(self._meters))
        return Group(rows, *(Text(line, "yellow") for line in self._news), Text(HELP, "dim"))

    def _voice(self, speaking: Started | Switched) -> Text:
        desk = self._desk
        text = Text.assemble((speaking.voice, "bold cyan"), f" ({speaking.engine})")
        if desk.pitch_semitones:
            text.append(f"  pitch {desk.pitch_semitones:+g}")
        for on, word in ((desk.muted, "MUTED"), (desk.bypassed, "BYPASSED"), (desk.monitoring, "monitor on")):
            if on:
                text.append(f"  {word}", "bold red" if word.isupper() else "")
        return text


def bar(level_db: float) -> Text:
    """A level meter."""
    share = min(1.0, max(0.0, 1 - level_db / FLOOR_DB))
    filled = round(share * BAR)
    style = "red" if level_db > HOT_DB else "yellow" if level_db > WARM_DB else "green"
    number = f"{level_db:6.1f} dB" if level_db > FLOOR_DB else "silence"
    return Text.assemble(("━" * filled, style), ("─" * (BAR - filled), "dim"), f" {number}")


def latency(ledger: list[StageLatency]) -> str:
    """The delay, in sum and by stage."""
    stages = " + ".join(f"{row.stage} {row.latency_ms:.1f}" for row in ledger if row.latency_ms)
    return f"{sum(row.latency_ms for row in ledger):.1f} ms = {stages}"


def compute(meters: Meters, started: Started) -> str:
    """What a block costs, beside what it may cost."""
    cost, block_ms = meters.cost, started.frames / started.rate_hz * 1e3
    return (
        f"p50 {cost.p50_ms:.2f}  p99 {cost.p99_ms:.2f}  max {cost.max_ms:.1f} ms of {block_ms:.1f} ms a block"
        f"  (RTF {cost.rtf:.3f}, {started.priority} priority)"
    )


def flow(meters: Meters) -> str:
    """How well the sound flows."""
    return (
        f"{meters.underruns} underrun{'s' * (meters.underruns != 1)}  {meters.dropped_ms:.0f} ms dropped  "
        f"backlog {meters.backlog_ms:.1f} ms  drift {meters.drift_ppm:+.0f} ppm"
    )
