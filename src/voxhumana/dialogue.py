"""The contracts of conversation: who hears, who answers, who speaks. As in `engine`, but with words.

    sound -> Detector -> Activity      is somebody speaking?
    sound -> Transcriber -> words      what was said?
    Messages -> Responder -> words     what is the answer?
    words -> Speaker -> sound          how does it sound?

All of them are loaded weights or settings, shareable between sessions; what a session needs to remember is in
the streams that they open.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from voxhumana.engine import Block, Stream
from voxhumana.voice import Voice


@dataclass(frozen=True)
class Activity:
    """Whether somebody spoke, for one frame of sound."""

    end: int
    """Where the frame ends, in samples since the stream began."""
    speech: float
    """Probability of speech, 0 to 1."""


@dataclass(frozen=True)
class Message:
    """One contribution to a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


class Detector(Protocol):
    """Hears whether somebody speaks."""

    name: str
    rate_hz: int
    """Rate of the sound it takes."""
    hop: int
    """Samples a frame."""

    def open(self) -> Stream[Block, Activity]:
        """Begin a session; blocks may be of any length, one `Activity` comes out for each whole frame."""


class Transcriber(Protocol):
    """Hears what was said."""

    name: str
    rate_hz: int
    """Rate of the sound it takes."""
    longest: int
    """The longest utterance it takes, in samples; `listen.utterance` cuts longer sound."""

    def transcribe(self, sound: Block) -> str:
        """Return the words of one utterance; empty if there are none. May be called from any one thread."""


class Responder(Protocol):
    """Answers."""

    name: str

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """Yield the answer's text piece by piece as it is made; closing it stops the work.

        Raises:
            VoxError: The engine or its server fails; what was yielded until then stands.
        """

    def close(self) -> None:
        """Free what it holds; may be called twice."""


class Speaker(Protocol):
    """Speaks."""

    name: str
    rate_hz: int
    """Rate of the sound it makes."""

    def open(self, voice: Voice | None = None) -> Stream[str, Block]:
        """Begin a session in this voice: sentences or clauses in, sound out, block by block.

        Raises:
            VoxError: The voice has nothing for this engine.
        """


@runtime_checkable
class Seating(Protocol):
    """A responder that keeps what it read for one conversation apart from what it read for the others."""

    def seat(self) -> Responder:
        """A place for a conversation, which gives it back by `close`."""


@runtime_checkable
class Mimic(Protocol):
    """A speaker that can take on a voice by itself, from a recording."""

    def takes_on(self, voice: Voice) -> bool:
        """Whether it speaks in this voice, so that no converter need follow it."""
