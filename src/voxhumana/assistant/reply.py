"""A reply in the making: sounds that one thread appends and another plays."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from voxhumana.assistant.history import History, Spoken, heard
from voxhumana.assistant.opening import Opening, joined
from voxhumana.engine import Block


@dataclass
class Reply:
    """What is answered to `asked`. The maker appends, and sets `over` last; the path reads."""

    draft: int
    """The latest draft that it answers."""
    asked: str
    """The user's words."""
    history: History
    """What was said before them."""
    complete: float
    """How surely those are all of them, 0 to 1, as far as it is known."""
    pressed: bool = False
    """Whether it is to be made however incomplete they are, as soon as that is known."""
    judged: bool = False
    """Whether `complete` is known, and not guessed from the words alone."""
    pieces: list[Spoken] = field(default_factory=list)
    """Its text, as long as each piece of it sounds by now: `sounds` may be cut finer."""
    sounds: list[Block] = field(default_factory=list)
    """Float32 [T] at the output's rate."""
    opening: Opening | None = None
    """What is said before it, since it was late."""
    asked_for: bool = False
    """Whether its making was begun."""
    begun: bool = False
    """Whether the language model has said its first word."""
    over: bool = False
    """Whether nothing more is coming."""
    dropped: bool = False
    """Whether nobody wants it any more; set by the path, obeyed by the maker."""
    wanted: threading.Event = field(default_factory=threading.Event)
    """Set once the turn is really over: what has effects beyond words waits for it."""
    failure: str = ""
    """What went wrong, in a sentence."""

    def heard(self, played: int) -> str:
        """Its text as far as `played` samples of it, its opening included."""
        if self.opening is None:
            return heard(self.pieces, played)
        rest = played - len(self.opening.sound)
        return joined(self.opening.text, heard(self.pieces, rest)) if rest >= 0 else ""

    def sound(self, number: int) -> Block | None:
        """The n-th sound to be heard; None if it is not there yet."""
        if self.opening:
            number -= 1
        if number < 0:
            assert self.opening
            return self.opening.sound
        return self.sounds[number] if number < len(self.sounds) else None
