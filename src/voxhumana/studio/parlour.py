"""The conversation that all open pages share: who speaks, where, and the thread that it runs on.

    page    -> parlour   Begin (Push | End)*
    parlour -> page      Standing (Standing | Turning | Words | Timed | Notice)*

Pages call from the web's thread; a conversation has one of its own, from `Begin` to its end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from voxhumana import build_talk
from voxhumana.assistant.notes import Note, Said
from voxhumana.assistant.notes import Notice as Told
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase
from voxhumana.channel import Message, Notice
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.studio.audience import Audience, read
from voxhumana.studio.jacks import Jacks

KEPT = 200
"""Words and timings that a page which comes later is told."""


class Begin(Message):
    """Let the conversation begin."""

    type: Literal["begin"] = "begin"
    voice: str = Field(max_length=64)
    input: str = Field(max_length=512)
    speakers: str = Field(max_length=512)
    echo: bool = True
    """Echo cancellation; off = headphones."""
    open_mic: bool = True
    """False = it hears only while somebody pushes."""


class Push(Message):
    """Somebody holds the button to talk, or lets it go."""

    type: Literal["push"] = "push"
    on: bool


class End(Message):
    """Let the conversation end."""

    type: Literal["end"] = "end"


class Standing(Message):
    """How things stand; every page is told whenever that changes."""

    type: Literal["standing"] = "standing"
    state: Literal["off", "starting", "on"] = "off"
    voice: str
    input: str
    speakers: str
    echo: bool
    open_mic: bool = True
    pushed: bool = False
    engines: str
    """What listens, thinks and speaks, in words."""


class Turning(Message):
    """Whose turn it is."""

    type: Literal["turning"] = "turning"
    phase: str


class Words(Message):
    """What was said, as far as it is known."""

    type: Literal["words"] = "words"
    who: str
    text: str
    final: bool


class Timed(Message):
    """When things happened in a turn, ms; `TurnTiming.report`."""

    type: Literal["timed"] = "timed"
    turn: dict[str, Any]


Wish: TypeAlias = Annotated[Begin | Push | End, Field(discriminator="type")]
_WISHES: TypeAdapter[Wish] = TypeAdapter(Wish)
News: TypeAlias = Standing | Turning | Words | Timed | Notice


def parse(text: str) -> Wish:
    """Read what a page says.

    Raises:
        UsageError: It is no message of the grammar.
    """
    return read(_WISHES, text)


class Parlour:
    """One conversation at a time.

    Args:
        settings: Engines, and where things stand at first.
        jacks: The devices on offer.
        count: Takes what conversations tell, for `/metrics`; from their thread.
    """

    def __init__(
        self, settings: Settings, jacks: Jacks, count: Callable[[Note], None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._count = count
        self._jacks = jacks
        self._pages = Audience[News]()
        self._said: list[News] = []
        self._talk: Talk | None = None
        self._ending = False
        self._thread: threading.Thread | None = None
        self.standing = Standing(
            voice=settings.voice,
            input=settings.input,
            speakers=settings.speakers,
            echo=settings.echo,
            engines=f"{settings.stt} hears, {settings.llm.partition('@')[0]} thinks, {settings.tts} speaks",
        )

    def join(self, hear: Callable[[News], None]) -> None:
        """A page looks on from now; it is told what was said."""
        with self._pages.lock:
            self._pages.join(hear, [self.standing, *self._said])

    def leave(self, hear: Callable[[News], None]) -> None:
        """A page is gone; the conversation goes on."""
        self._pages.leave(hear)

    def obey(self, wish: Wish) -> None:
        """Do as a page says.

        Raises:
            UsageError: It asks for a device that is not there.
        """
        match wish:
            case Begin():
                self._jacks.check(wish.input, "input")
                self._jacks.check(wish.speakers, "output")
                self._begin(wish)
            case Push(on=on):
                self._stand(pushed=on)
            case End():
                self._end()

    def close(self) -> None:
        """End the conversation, and wait until it has ended."""
        self._end()
        if self._thread:
            self._thread.join()

    @property
    def deaf(self) -> bool:
        """Whether the microphone is not to be heard: nobody pushes."""
        return not (self.standing.open_mic or self.standing.pushed)

    def _begin(self, wish: Begin) -> None:
        with self._pages.lock:
            if self.standing.state != "off":
                return
            self._said.clear()
            self._ending = False
            self._stand(state="starting", pushed=False, **wish.model_dump(exclude={"type"}))
            chosen = wish.model_dump(include={"voice", "input", "speakers", "echo"})
            settings = self._settings.model_copy(update=chosen)
            self._thread = threading.Thread(target=self._run, args=(settings,), name="parlour", daemon=True)
            self._thread.start()

    def _end(self) -> None:
        with self._pages.lock:
            self._ending = True
            if self._talk:
                self._talk.stop()

    def _run(self, settings: Settings) -> None:
        try:
            talk = build_talk.talk(settings, self._take, lambda: self.deaf)
            with self._pages.lock:
                self._talk = talk
                if self._ending:
                    talk.stop()
                self._stand(state="on")
            talk.run()
        except VoxError as error:
            self._tell(Notice(text=str(error)))
        except Exception:  # a bug in an engine ends the conversation, and pages must learn of it
            logging.getLogger(__name__).exception("talk")
            self._tell(Notice(text="The conversation broke; start the studio with --debug and report it."))
        finally:
            with self._pages.lock:
                self._talk = None
                self._stand(state="off", pushed=False)

    def _take(self, note: Note) -> None:
        """What the conversation tells, for the pages; on its thread."""
        self._count(note)
        match note:
            case Phase():
                self._tell(Turning(phase=note.value))
            case Said(who=who, text=text, final=final):
                self._tell(Words(who=who, text=text, final=final))
            case TurnTiming():
                self._tell(Timed(turn=note.report()))
            case Told(text=text):
                self._tell(Notice(text=text))

    def _stand(self, **changed: object) -> None:
        with self._pages.lock:
            self.standing = self.standing.model_copy(update=changed)
            self._tell(self.standing)

    def _tell(self, news: News) -> None:
        with self._pages.lock:
            if isinstance(news, Words | Timed) and getattr(news, "final", True):
                self._said = [*self._said[1 - KEPT :], news]
            self._pages.tell(news)
