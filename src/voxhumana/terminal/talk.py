"""`vox talk` from the inside: the conversation, written down as it goes, and keys where there is a terminal.

The path runs on this thread and hands its notes over; one more reads keys and draws, and only what changed.
"""

from __future__ import annotations

import queue
import sys
import threading
from contextlib import ExitStack
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from voxhumana import build_talk
from voxhumana.assistant.notes import Note, Notice, Said
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase
from voxhumana.build_talk import Scene
from voxhumana.config import Settings
from voxhumana.library.shelf import Shelf
from voxhumana.process.realtime import AUDIO, hurry
from voxhumana.terminal.delay import bar
from voxhumana.terminal.interrupt import interrupts
from voxhumana.terminal.keyboard import Keyboard
from voxhumana.terminal.talk_desk import KEYS, TalkDesk
from voxhumana.terminal.talk_view import ASSISTANT, USER, TalkView

LOOK_S = 0.1
"""Between two looks at the keys and at what has changed."""


class Transcript:
    """Plain lines: what was said, by whom, and how long each answer took; for logs and pipes.

    Args:
        console: Takes the lines.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scene: Scene | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def sit(self, scene: Scene) -> None:
        """Begin to show `scene`."""
        self._scene = scene

    def show(self, note: Note) -> None:
        """Take notice; called on the path's thread."""
        match note:
            case Said(who="user", text=text, final=True):
                self._print("you", text, USER)
            case Said(who="assistant", text=text):
                self._print(self._scene.cast.voice.name if self._scene else "", text, ASSISTANT)
            case TurnTiming():
                if line := bar(note):
                    self._console.print(Text(" " * 12) + line, soft_wrap=True)
            case Notice(text=text):
                self._console.print(Text(text, "yellow"), soft_wrap=True)

    def _print(self, who: str, text: str, style: str) -> None:
        line = Text.assemble((f"{who:>10}  ", style), text)
        self._console.print(line, soft_wrap=not self._console.is_terminal)


class Face(Protocol):
    """Shows a conversation while its `with` block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def sit(self, scene: Scene) -> None:
        """Begin to show `scene`."""

    def show(self, note: Note) -> None:
        """Take notice; called on the path's thread."""


class Screen:
    """The transcript with a live panel below it, and keys.

    Args:
        console: A terminal.
        desk: What keys do.
        settings: Names the engines.
    """

    def __init__(self, console: Console, desk: TalkDesk, settings: Settings) -> None:
        self._desk = desk
        self._transcript = Transcript(console)
        self._view = TalkView(desk, settings)
        self._live = Live(self._view, console=console, auto_refresh=False, transient=True)
        self._notes: queue.SimpleQueue[Note] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._hands = threading.Thread(target=self._watch, name="hands", daemon=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._hands.is_alive():
            self._hands.join()
        self._write()
        self._live.stop()

    def sit(self, scene: Scene) -> None:
        """Begin to show `scene`, and to read keys."""
        self._transcript.sit(scene)
        self._view.sit(scene)
        self._hands.start()

    def show(self, note: Note) -> None:
        """Take notice; from any thread: a terminal that is slow must not be waited for."""
        self._notes.put(note)

    def _write(self) -> None:
        while not self._notes.empty():
            note = self._notes.get()
            self._view.show(note)
            self._transcript.show(note)

    def _watch(self) -> None:
        with ExitStack() as stack:
            keyboard = stack.enter_context(Keyboard()) if sys.stdin.isatty() else None
            drawn: tuple[object, ...] = ()
            while not self._ended.is_set():
                if keyboard is None:
                    self._ended.wait(LOOK_S)
                elif action := KEYS.get(keyboard.key(LOOK_S) or ""):
                    self._desk.do(action)
                self._write()
                if (state := self._view.state) != drawn:
                    drawn = state
                    self._live.refresh()


def run(settings: Settings, duration_s: float | None) -> list[dict[str, object]]:
    """Converse until the input ends, `duration_s` has passed, or somebody says stop; Ctrl-C is a normal stop.

    Returns:
        A row for each turn: `TurnTiming.report`.

    Raises:
        VoxError: A device or an engine cannot be had.
    """
    console = Console(highlight=False)
    live = console.is_terminal and not console.is_dumb_terminal
    turns: list[dict[str, object]] = []
    with ExitStack() as stack:
        desk = TalkDesk([voice.name for voice in Shelf(settings.data_dir)])
        face: Face = Screen(console, desk, settings) if live else Transcript(console)

        def show(note: Note) -> None:
            if isinstance(note, TurnTiming):
                turns.append(note.report())
            face.show(note)

        with console.status("Waking the ears, the language model and the voice") if live else ExitStack():
            scene = build_talk.scene(settings, show, desk.deaf)
        stack.enter_context(interrupts(scene.talk.stop))
        stack.enter_context(face)
        desk.sit(scene, face.show)
        face.sit(scene)
        face.show(Notice(f"Talk to {settings.voice}; Ctrl-C ends the conversation."))
        face.show(Phase.LISTENING)
        if duration_s is not None:
            timer = threading.Timer(duration_s, scene.talk.stop)
            timer.start()
            stack.callback(timer.cancel)
        hurry(AUDIO)  # engines already have their threads; those stay as they are
        scene.talk.run()
    return turns
