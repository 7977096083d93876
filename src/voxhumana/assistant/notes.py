"""What a conversation tells whoever shows it, on the path's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voxhumana.assistant.reply import Reply
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase


@dataclass(frozen=True)
class Said:
    """Words, as they are known by now."""

    who: str
    """`user` or `assistant`."""
    text: str
    final: bool


@dataclass(frozen=True)
class Notice:
    """A sentence for the user."""

    text: str


@dataclass(frozen=True)
class Onset:
    """The user began to speak; it may come to nothing."""

    start: int
    """On the detector's clock, samples."""


@dataclass(frozen=True)
class Dismissed:
    """What began with `Onset` came to nothing: no words."""


@dataclass(frozen=True)
class Taken:
    """The turn is the assistant's: the user spoke from `start` to `end`, and `reply` is wanted."""

    reply: Reply
    start: int
    end: int


@dataclass(frozen=True)
class Returned:
    """The turn that was `Taken` is the user's again, who goes on before a word of the reply was heard."""


Note: TypeAlias = Phase | Said | Notice | TurnTiming | Onset | Dismissed | Taken | Returned
