"""What the turn machine is told. Sample counts are on the detector's clock, 16 kHz; drafts have numbers.

In order: Heard for every frame, without gaps; Hiss between them; Understood+ and Ready for a draft that was
asked for; Over for one that is being spoken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Heard:
    """A frame of the detector; frames come in order, without gaps."""

    start: int
    end: int
    speech: float
    """Probability, 0 to 1."""
    alone: bool = False
    """Whether what is heard is surely not the reply: nothing of it comes back."""


@dataclass(frozen=True)
class Hiss:
    """A hiss began over the reply, where nothing of it comes back: perhaps an S."""


@dataclass(frozen=True)
class Understood:
    """The words of a draft, and how surely they are all that the user wants to say (0 to 1); revisable."""

    draft: int
    text: str
    complete: float


@dataclass(frozen=True)
class Ready:
    """The first sound of a draft's reply is there."""

    draft: int


@dataclass(frozen=True)
class Over:
    """The reply was played to its end, or there will be none."""

    draft: int


@dataclass(frozen=True)
class Announce:
    """There is something to say that nobody asked for; changes nothing while anybody speaks."""


Event: TypeAlias = Heard | Hiss | Understood | Ready | Over | Announce
