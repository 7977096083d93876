"""`vox live` from the inside: one session of the audio process, shown and controlled in a terminal.

This thread reads reports, one reads keys, one draws. Without a terminal there are plain lines and no keys.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any, Protocol, Self

from rich.live import Live

from voxhumana.channel import Back, Failed, Lost, Notice, Report, Started, Stop, Stopped, Switched
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError
from voxhumana.process.client import AudioProcess
from voxhumana.terminal.desk import KEYS, Desk
from voxhumana.terminal.hotkeys import listen
from voxhumana.terminal.interrupt import interrupts
from voxhumana.terminal.keyboard import Keyboard
from voxhumana.terminal.view import View, latency

FRAMES_A_SECOND = 20
"""Of the view; more costs compute that nobody sees."""


class Face(Protocol):
    """Shows reports while its `with` block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, report: Report) -> None:
        """Take notice of a report."""


class Lines:
    """Plain lines, for logs and pipes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, report: Report) -> None:
        """Print what is news."""
        match report:
            case Started():
                print(
                    f"Speaking as {report.voice} ({report.engine}), from {report.input} to {report.output}."
                )
                print(f"Delay {latency(report.ledger)}")
            case Switched():
                print(f"Speaking as {report.voice} ({report.engine}); delay {latency(report.ledger)}")
            case Notice() | Lost() | Back():
                print(report.text)
        sys.stdout.flush()


class Screen:
    """A live view, and keys."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._view = View(desk)
        self._ended = threading.Event()
        self._keys = threading.Thread(target=self._obey_keys, name="keys")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(Live(self._view, refresh_per_second=FRAMES_A_SECOND, transient=True))
        self._keys.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._keys.join()
        self._stack.close()

    def show(self, report: Report) -> None:
        """Hand it to the view."""
        self._view.show(report)

    def _obey_keys(self) -> None:
        with Keyboard() as keyboard:
            while not self._ended.is_set():
                if action := KEYS.get(keyboard.key(wait_s=0.1) or ""):
                    self._desk.do(action)


def run(
    audio: AudioProcess, settings: Settings, voices: Sequence[str], duration_s: float | None
) -> dict[str, Any]:
    """Speak until the input ends, `duration_s` has passed, or somebody says stop; Ctrl-C is a normal stop.

    Returns:
        The measurements: `meter.report`.

    Raises:
        VoxError: The audio process cannot do it; the sentence is its own.
    """
    measured: dict[str, Any] = {}
    with closing(audio), ExitStack() as stack:
        desk = Desk(audio.send, voices, settings.voice, settings.pitch_semitones, settings.monitor)
        stack.enter_context(interrupts(lambda: audio.send(Stop())))
        face: Face = Screen(desk) if sys.stdin.isatty() and sys.stdout.isatty() else Lines()
        stack.enter_context(face)
        for report in audio.reports():
            face.show(report)
            match report:
                case Started():
                    stack.enter_context(
                        listen(settings.hotkeys, desk, lambda text: face.show(Notice(text=text)))
                    )
                    if duration_s is not None:
                        timer = threading.Timer(duration_s, desk.do, ["quit"])
                        timer.start()
                        stack.callback(timer.cancel)
                case Failed():
                    raise (UsageError if report.exit_code == 2 else VoxError)(report.text)
                case Stopped():
                    measured = report.report
    return measured
