"""What was measured of the live path, beside what is wanted of it: rows of a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DELAY_MS = 10.0
STALL_MS = 5.0
VOICE_MS, VOICE_RTF, NETWORK_RTF = 60.0, 0.1, 0.2
UNDERRUNS, DRIFT_MS, GROWTH_MB = 1.0, 5.0, 20.0
HELP_S, LIVE_S = 0.3, 2.0
"""What is wanted: at most so much; of one core, a tenth for effects and a fifth for a network. Underruns are
counted in 1,000 blocks."""


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    measured: str
    wanted: str
    met: bool

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """As shown."""
        return self.what, self.measured, self.wanted, "yes" if self.met else "NO"


def verdict(rows: Sequence[Mapping[str, Any]], measured: Mapping[str, Any]) -> list[Row]:
    """Hold `bench.live.rows` and `bench.live.measure` against what is wanted; skip what was not."""
    return [*_files(rows), *_server(measured), *_start(measured), *_soak(measured)]


def markdown(title: str, rows: Sequence[Row]) -> str:
    """The table as Markdown, under a heading."""
    lines = [f"## {title}", "", "| what | measured | wanted | met |", "|---|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row.cells) + " |" for row in rows), ""])


def _files(rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for row in rows:
        if "file_delay" in row:
            late, declared = row["file_delay"], row["file_delay_declared"]
            yield Row(
                "between two file devices, identity",
                f"{late} samples, {declared} declared",
                "equal to the sample",
                late == declared,
            )


def _server(measured: Mapping[str, Any]) -> Iterator[Row]:
    for row in measured.get("delays", ()):
        yield Row(
            f"delay added, identity, {row['frames']} frames",
            f"median {row['median_ms']:.1f} ms, p99 {row['p99_ms']:.1f}; the server's own share "
            f"{row['server_ms']:.1f}; {row['heard']} of {row['bursts']} bursts heard",
            f"< {DELAY_MS:g} ms median",
            row["median_ms"] < DELAY_MS,
        )
    for voiced in measured.get("voices", ()):
        cost, who = voiced["cost"], f"{voiced['engine']} ({voiced['voice']})"
        share = VOICE_RTF if voiced["engine"] == "dsp" else NETWORK_RTF
        yield Row(
            f"delay added, {who}",
            f"median {voiced['median_ms']:.1f} ms, p99 {voiced['p99_ms']:.1f}",
            f"<= {VOICE_MS:g} ms",
            voiced["median_ms"] <= VOICE_MS,
        )
        yield Row(
            f"real-time factor of {who} on one core",
            f"{cost['cpu_rtf']:.3f} of the processor, {cost['rtf']:.3f} on the clock",
            f"<= {share:g}",
            cost["cpu_rtf"] <= share,
        )
    if stall := measured.get("stall"):
        yield Row(
            "delay 2 s after a stall of 250 ms",
            f"{stall['before_ms']:.1f} -> {stall['after_ms']:.1f} ms",
            f"+ {STALL_MS:g} ms at most",
            stall["after_ms"] <= stall["before_ms"] + STALL_MS,
        )


def _start(measured: Mapping[str, Any]) -> Iterator[Row]:
    if start := measured.get("start"):
        shown, spoke_s = start["help"], start["live"]["wall_s"]
        yield Row(
            "`vox --help`",
            f"{shown['wall_s']:.2f} s, {shown['cpu_s']:.2f} of them of the processor",
            f"< {HELP_S:g} s",
            shown["wall_s"] < HELP_S,
        )
        yield Row("`vox live` speaks, warm", f"{spoke_s:.2f} s", f"< {LIVE_S:g} s", spoke_s < LIVE_S)


def _soak(measured: Mapping[str, Any]) -> Iterator[Row]:
    if not (soak := measured.get("soak")):
        return
    minutes = f"{soak['minutes']:g} minutes beside a busy core"
    yield Row(
        f"underruns, {minutes}",
        f"{soak['underruns']} in {soak['blocks']} blocks: {soak['underruns_in_1000']:.2f} in 1,000",
        f"< {UNDERRUNS:g} in 1,000",
        soak["underruns_in_1000"] < UNDERRUNS,
    )
    before_ms, after_ms = soak["delay_before_ms"], soak["delay_after_ms"]
    yield Row(
        f"delay, {minutes}",
        f"{before_ms:.1f} -> {after_ms:.1f} ms",
        f"+- {DRIFT_MS:g} ms",
        abs(after_ms - before_ms) <= DRIFT_MS,
    )
    before_mb, after_mb = soak["resident_before_mb"], soak["resident_after_mb"]
    yield Row(
        f"resident memory, {minutes}",
        f"{before_mb:.0f} -> {after_mb:.0f} MB",
        f"+ < {GROWTH_MB:g} MB",
        after_mb - before_mb < GROWTH_MB,
    )
