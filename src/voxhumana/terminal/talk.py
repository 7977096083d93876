"""`vox talk` from the inside: the conversation, written down as it goes."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack

from rich.console import Console
from rich.status import Status
from rich.text import Text

from voxhumana import build_talk
from voxhumana.assistant.talk import Note, Notice, Said
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase
from voxhumana.config import Settings
from voxhumana.process.realtime import AUDIO, hurry
from voxhumana.terminal.interrupt import interrupts

WORDS = {
    Phase.LISTENING: "listening",
    Phase.MAYBE_ENDING: "listening, maybe you are done",
    Phase.THINKING: "thinking",
    Phase.SPEAKING: "speaking; speak to interrupt",
    Phase.INTERRUPTED: "listening to you",
}
BAR_MS = 25
"""Of delay, for one character of the bar."""
GOOD_MS, FAIR_MS = 400, 900
"""Delay up to which the bar is green, and yellow."""


class Transcript:
    """Prints what is said; in a terminal, a last line shows who has the turn and what is being understood.

    Args:
        name: Who speaks with the user.
    """

    def __init__(self, name: str, status: Status | None, console: Console) -> None:
        self._name = name
        self._status = status
        self._console = console
        self.turns: list[dict[str, object]] = []

    def show(self, note: Note) -> None:
        """Take notice; called on the path's thread."""
        match note:
            case Phase() if self._status:
                self._status.update(WORDS[note])
            case Said(who="user", text=text, final=False) if self._status and text:
                self._status.update(Text(text, "dim"))
            case Said(who="user", text=text, final=True):
                self._print("you", text, "bold")
            case Said(who="assistant", text=text):
                self._print(self._name, text, "bold cyan")
            case TurnTiming():
                self.turns.append(note.report())
                if self._status:
                    self._console.print(bar(note))
            case Notice(text=text):
                self._console.print(Text(text, "yellow"))

    def _print(self, who: str, text: str, style: str) -> None:
        self._console.print(Text.assemble((f"{who:>10}  ", style), text), soft_wrap=True)


def bar(timing: TurnTiming) -> Text:
    """From the last syllable to the first sound: how long that took."""
    delay_ms = timing.report()["voice_to_voice_ms"]
    if not isinstance(delay_ms, float):
        return Text("")
    style = "green" if delay_ms <= GOOD_MS else "yellow" if delay_ms <= FAIR_MS else "red"
    blocks = "\u2588" * max(1, round(delay_ms / BAR_MS))
    return Text.assemble(
        " " * 12,
        (blocks, style),
        f" {delay_ms:.0f} ms",
        ("  interrupted", "dim") if timing.interruption else "",
    )


def run(settings: Settings, duration_s: float | None) -> list[dict[str, object]]:
    """Converse until the input ends, `duration_s` has passed, or somebody says stop; Ctrl-C is a normal stop.

    Returns:
        A row for each turn: `TurnTiming.report`.

    Raises:
        VoxError: A device or an engine cannot be had.
    """
    console = Console(highlight=False)
    with ExitStack() as stack:
        status = stack.enter_context(console.status("loading")) if sys.stdout.isatty() else None
        transcript = Transcript(settings.voice, status, console)
        conversation = build_talk.talk(settings, transcript.show)
        stack.enter_context(interrupts(conversation.stop))
        transcript.show(Notice(f"Talk to {settings.voice}; Ctrl-C ends the conversation."))
        transcript.show(Phase.LISTENING)
        if duration_s is not None:
            timer = threading.Timer(duration_s, conversation.stop)
            timer.start()
            stack.callback(timer.cancel)
        hurry(AUDIO)  # engines already have their threads; those stay as they are
        conversation.run()
    return transcript.turns
