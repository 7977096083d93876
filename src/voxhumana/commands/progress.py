"""Long work under watch: a bar for people who wait, and an end between two steps for those who do not."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import typer
from rich.console import Console
from rich.progress import Progress

PATIENCE_S = 2.0
"""Waiting time after which the bar is shown."""

REFRESH_S = 0.1
"""Time between its steps."""


@contextmanager
def watched(name: str) -> Iterator[Callable[[float, float | None], None]]:
    """Yield what is told, at each step, the seconds done and those in all where known.

    Ctrl-C and SIGTERM end the command there, with exit code 130 or 143: an exception out of a signal handler
    may come up inside PyAV, which swallowed one in five (measured).
    """
    told: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: told.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(name, total=None)
    show_s = monotonic() + PATIENCE_S

    def tell(done_s: float, whole_s: float | None) -> None:
        nonlocal show_s
        if told:
            raise typer.Exit(128 + told[0])
        if bar.console.is_terminal and monotonic() > show_s:
            show_s = monotonic() + REFRESH_S
            bar.start()
            bar.update(task, completed=done_s, total=whole_s)

    try:
        yield tell
    finally:
        if bar.live.is_started:
            bar.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
