"""What `vox talk` shows while it runs: who has the turn, both levels, and the words as far as they are known.

What is final is printed above it and scrolls away; this is the panel that stays below.
"""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from voxhumana.assistant.notes import Dismissed, Note, Onset, Said, Taken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.turn import Phase
from voxhumana.build_talk import Scene
from voxhumana.config import Settings
from voxhumana.terminal.talk_desk import HELP, TalkDesk

WIDEST = 100
"""Columns; wider panels are harder to read."""
FLOOR_DB = -60.0
"""Where a level meter begins."""
HOT_DB, WARM_DB = -3.0, -12.0
"""From where it is red, and yellow."""
STEP_DB = 1.5
"""Changes of level smaller than this are not drawn anew."""

WORDS = {
    Phase.LISTENING: ("listening", "green"),
    Phase.MAYBE_ENDING: ("listening; are you done?", "green"),
    Phase.THINKING: ("thinking", "yellow"),
    Phase.SPEAKING: ("speaking; talk to interrupt", "cyan"),
    Phase.INTERRUPTED: ("silent, to hear you", "magenta"),
}
USER, ASSISTANT = "bold green", "bold cyan"
"""Their colours, in the transcript too."""


class TalkView:
    """Holds what is going on, and draws it.

    Args:
        desk: Where the knobs stand.
        settings: Names the engines.
    """

    def __init__(self, desk: TalkDesk, settings: Settings) -> None:
        self._desk = desk
        self._engines = " \u00b7 ".join((settings.stt, settings.llm.partition("@")[0], settings.tts))
        self._scene: Scene | None = None
        self._phase = Phase.LISTENING
        self._partial = ""
        self._reply: Reply | None = None
        self._hearing = False

    def sit(self, scene: Scene) -> None:
        """Begin to show `scene`."""
        self._scene = scene

    def show(self, note: Note) -> None:
        """Take notice; called on the path's thread."""
        match note:
            case Phase():
                self._phase = note
                if note is Phase.LISTENING:
                    self._reply = None
            case Said(who="user", text=text, final=final):
                self._partial = "" if final else text
            case Onset():
                self._hearing = True
            case Dismissed():
                self._hearing, self._partial = False, ""
            case Taken(reply=reply):
                self._hearing, self._reply = False, reply

    @property
    def state(self) -> tuple[object, ...]:
        """What is drawn: as long as it is the same, so is the picture."""
        if self._scene is None:
            return ()
        levels = (round(level.db / STEP_DB) for level in (self._scene.heard, self._scene.played))
        capped = tuple(max(level, round(FLOOR_DB / STEP_DB)) for level in levels)
        said = len(self._reply.pieces) if self._reply else 0
        return (*capped, self._phase, self._partial, said, self._hearing, self._desk.muted, self.name)

    @property
    def name(self) -> str:
        """Who speaks with the user."""
        return self._scene.cast.voice.name if self._scene else ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._scene is None:
            return
        width = min(options.max_width, WIDEST)
        scene, talking = self._scene, self._phase in {Phase.SPEAKING, Phase.THINKING}
        rows = Table.grid(padding=(0, 1), expand=True)
        rows.add_column(justify="right", no_wrap=True, max_width=16)
        rows.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        bars = max(8, min(48, width - 34))
        you = Text("MUTED", "bold red") if self._desk.muted else self._pulse("you", self._hearing)
        rows.add_row(you, meter(scene.heard.db, bars))
        rows.add_row(self._pulse(self.name, talking, ASSISTANT), meter(scene.played.db, bars))
        rows.add_row(Text("\u203a", "dim"), self._words())
        turn, colour = WORDS[self._phase]
        yield Panel(
            rows,
            title=Text.assemble((self.name, ASSISTANT), "  ", (turn, colour)),
            title_align="left",
            subtitle=Text(HELP if width >= 60 else "m i n p q", "dim"),
            subtitle_align="left",
            border_style=colour,
            width=width,
        )
        yield Text(self._engines, "dim", overflow="ellipsis", no_wrap=True)

    def _words(self) -> RenderableType:
        """The end of what is being said: that is where it goes on."""
        if self._partial:
            return _tail(self._partial, USER)
        if self._reply and self._phase is not Phase.LISTENING:
            return _tail("".join(piece.text for piece in list(self._reply.pieces)), "cyan")
        return Text("")

    @staticmethod
    def _pulse(name: str, on: bool, style: str = USER) -> Text:
        return Text.assemble(
            ("\u25cf " if on else "  ", "red"), (name, style if on else "dim"), overflow="ellipsis"
        )


class _tail:  # noqa: N801  # used as a function
    """Text of which the end is shown where it does not fit."""

    def __init__(self, text: str, style: str) -> None:
        self._text, self._style = " ".join(text.split()), style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self._text
        if len(text) > options.max_width > 1:
            text = "\u2026" + text[1 - options.max_width :]
        yield Text(text, self._style, no_wrap=True, overflow="crop")


def meter(level_db: float, width: int) -> Text:
    """A level meter of so many characters, and the level."""
    filled = round(min(1.0, max(0.0, 1 - level_db / FLOOR_DB)) * width)
    style = "red" if level_db > HOT_DB else "yellow" if level_db > WARM_DB else "green"
    number = f"{level_db:4.0f} dB" if level_db > FLOOR_DB else " silent"
    return Text.assemble(("\u2501" * filled, style), ("\u2500" * (width - filled), "dim"), f" {number}")
