"""How things stand between user and assistant: a value, and the few ways in which it changes.

What is heard and understood changes it by `floor.step`, alone or over a reply (`interruption`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from voxhumana.assistant.action import Action, Draft, Drop

MS = 16
"""Samples a millisecond: the clock is the detector's, 16 kHz."""

WORD = 128 * MS
"""Less speech than this is no word."""


class Phase(Enum):
    """What is going on."""

    LISTENING = "listening"
    MAYBE_ENDING = "maybe-ending"
    THINKING = "thinking"
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Turn:
    """Everything that the next decision depends on; sample counts are on the detector's clock."""

    phase: Phase = Phase.LISTENING
    now: int = 0
    start: int | None = None
    """Where the user's utterance began; None while nobody has spoken."""
    spoke: int = 0
    """Where the last frame of speech ended."""
    voiced: int = 0
    """Speech in the utterance."""
    run: int = 0
    """Speech without a break, up to now."""
    drafts: int = 0
    """Drafts so far; the next has the number above."""
    draft: int | None = None
    """The one that may become the reply."""
    drafted: int = 0
    """Where the sound of the latest ends."""
    text: str | None = None
    """Its words; None until they are understood."""
    complete: float = 0.0
    prepared: bool = False
    """Whether its reply was begun, however incomplete the words."""
    ready: bool = False
    """Whether its reply can be heard at once."""
    reply: int | None = None
    """The draft that is being spoken."""
    paused: int = 0
    """When it last fell silent,"""
    stirred: int = 0
    """until when a faint sign of a voice over it counts,"""
    calm: int = 0
    """and before when none does."""
    openings: bool = False
    """Whether a reply that has no sound yet when the turn is over is begun with an opening; a setting, as
    `eager`."""
    eager: bool = True
    """Whether drafts begin in mid-speech; a setting, which no event changes."""


Step: TypeAlias = tuple[Turn, tuple[Action, ...]]


def begin(turn: Turn, *, hint: bool) -> Step:
    """Draft a reply to what was said so far, instead of any draft before."""
    assert turn.start is not None
    number = turn.drafts + 1
    begun = replace(blank(turn), drafts=number, draft=number, drafted=turn.now)
    return begun, (Draft(number, turn.start, turn.now, hint),)


def drop(turn: Turn) -> Step:
    """Forget the draft, if there is one."""
    actions = () if turn.draft is None else (Drop(turn.draft),)
    return blank(turn), actions


def blank(turn: Turn) -> Turn:
    """Without a draft."""
    return replace(turn, draft=None, text=None, complete=0.0, prepared=False, ready=False)


def speaking(turn: Turn, draft: int) -> Turn:
    """This draft is the reply."""
    return replace(idle(turn), phase=Phase.SPEAKING, reply=draft)


def unheard(turn: Turn) -> Turn:
    """Forget the utterance."""
    return replace(turn, start=None, voiced=0, run=0)


def idle(turn: Turn) -> Turn:
    """How things stand when nobody speaks, and nothing is prepared."""
    forgotten, _ = drop(unheard(turn))
    return replace(forgotten, phase=Phase.LISTENING, reply=None)
