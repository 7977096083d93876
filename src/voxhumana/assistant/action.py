"""What the turn machine wants done. Sample counts are on the detector's clock, 16 kHz; drafts have numbers.

In the order of a turn: Draft+, Hint, Prepare, Drop or Speak, Open; then Pause, and Resume or Stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Draft:
    """Understand the sound from `start` to `end` and prepare the reply in silence, instead of any before."""

    draft: int
    start: int
    end: int
    hint: bool
    """Whether the user fell silent, so that a reply may be wanted however incomplete the words are."""


@dataclass(frozen=True)
class Hint:
    """This draft has heard all that was said before the user fell silent: a reply may be wanted."""

    draft: int


@dataclass(frozen=True)
class Prepare:
    """Begin this draft's reply, however incomplete its words are: the silence after them grows."""

    draft: int


@dataclass(frozen=True)
class Drop:
    """Forget this draft: the user goes on, or had nothing to say."""

    draft: int


@dataclass(frozen=True)
class Speak:
    """The turn is the assistant's: let this draft be heard."""

    draft: int


@dataclass(frozen=True)
class Open:
    """Say an opening, "Well,": this draft's reply is not ready."""

    draft: int


@dataclass(frozen=True)
class Pause:
    """Fall silent at once, ready to go on."""


@dataclass(frozen=True)
class Resume:
    """Go on where the pause began: it was no interruption."""


@dataclass(frozen=True)
class Stop:
    """Give up the rest of the reply."""


Action: TypeAlias = Draft | Hint | Prepare | Drop | Speak | Open | Pause | Resume | Stop
