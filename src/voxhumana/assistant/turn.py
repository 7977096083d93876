"""Whose turn is it? A pure function on the sample clock: events in, actions out, no I/O, no time of its own.

                speech stops a moment           patience runs out           first sound is there
    +-----------+ -----------------> +--------------+ --------> +----------+ --------> +----------+
    | LISTENING |                    | MAYBE_ENDING |           | THINKING |           | SPEAKING |
    +-----------+ <----------------- +--------------+           +----------+           +----------+
       ^   ^     the user goes on: the draft is dropped              |    the user is heard |   ^
       |   +---------------------------------------------------------+                      v   |
       |   0.7 s of speech, or a word that asks for the turn                   +-------------+  |
       +-----------------------------------------------------------------------| INTERRUPTED |--+
                                                                               +-------------+
Replies are drafted while the user may still go on, first in mid-speech and again at the first hint of an end.
Every draft has a number, a new one replaces the one before, and what comes in for another number is stale and
changes nothing. Nothing of a draft is heard before its `Speak`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from voxhumana.assistant.action import (
    Action,
    Draft,
    Drop,
    Hint,
    Open,
    Pause,
    Prepare,
    Resume,
    Speak,
    Stop,
)
from voxhumana.assistant.backchannel import is_backchannel, is_order
from voxhumana.assistant.event import Announce, Event, Heard, Hiss, Over, Ready, Understood

MS = 16
"""Samples a millisecond: the clock is the detector's, 16 kHz."""

OPEN = 0.5
CLOSE = 0.35
"""Probability that begins speech, and below which it is over (silero-vad's defaults)."""
ONSET = 64 * MS
"""Unbroken speech that counts as somebody speaking: two of the detector's frames; a click is one. Over a
reply one silences it for the moment."""
FAINT = 0.3
"""Probability of speech that silences a reply for the moment, where surely none of it comes back: 18 of 20
people were heard so within 95 ms of their first sound, and within 233 ms by 0.5. None of 36 made-up coughs,
doors and typing reached it, 17 of 46 recordings of other noises (10 reached 0.5), and 9 of 16 replies that
come back through a room."""
HISS = 128 * MS
"""What a hiss over the reply is followed by within so long, if it is part of a word."""
MUSE = 448 * MS
"""Longest silence over signs of a voice of which no word comes."""
CALM = 2_000 * MS
"""After such a one, no faint sign silences the reply for so long: what goes on like that is no voice."""
WORD = 128 * MS
"""Less speech than this is no word."""
HINT = 32 * MS
"""Silence that may be an end: one frame. Most closures of stop consonants are longer: their drafts are
dropped again, but the last one of them has heard all there is."""
SLACK = 96 * MS
"""A draft that lacks no more than this of the speech before a hint has heard it all: the detector hears an
end 15-50 ms late, and of 35 synthetic questions cut so much earlier Whisper base wrote 32 with the same words
and 3 with better ones ("tea" for "T."); cut by 128 ms, one was worse. To hear it again would take 0.1 s."""
LULL = 64 * MS
"""Silence over a reply after which the words over it are looked at."""
FIRST = 480 * MS
"""In mid-speech, nothing is drafted before so much sound: half a word is no question."""
EAGER = 128 * MS
"""In mid-speech, a draft is renewed after this much more sound, once the one before is understood: then one
of them has heard it all when the silence begins (`SLACK`, and a frame)."""
HASTE = 160 * MS
PATIENCE = 1_440 * MS
"""Silence after which the turn is over, when the words are surely complete, and when they surely are not."""
FORGET = 480 * MS
"""Silence after which noise without words is forgotten."""
BARGE = 704 * MS
"""Speech over the reply that is an interruption whatever the words. Less is one only by a word that asks for
it: "mhm", "okay" and "I see" have 256-608 ms in 3 voices, and a hum may be taken for any words."""


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


def step(turn: Turn, event: Event) -> Step:  # noqa: PLR0911  # one return a case
    """Take one event; return how things stand after it, and what to do."""
    match event:
        case Heard():
            return _heard(_count(turn, event))
        case Hiss() if turn.phase is Phase.SPEAKING and turn.now >= turn.calm:
            return _pause(replace(turn, stirred=turn.now + HISS))
        case Understood(draft, text, complete) if draft == turn.draft:
            return _decide(replace(turn, text=text, complete=complete))
        case Ready(draft) if draft == turn.draft:
            if turn.phase is Phase.THINKING:
                return _speaking(turn, draft), ()
            return replace(turn, ready=True), ()
        case Over(draft) if draft == turn.draft and turn.phase is Phase.THINKING:
            return idle(turn), ()
        case Over(draft) if draft == turn.reply:
            return _reply_over(turn)
        case Announce() if turn.phase is Phase.LISTENING and turn.start is None:
            number = turn.drafts + 1
            return _speaking(replace(turn, drafts=number), number), (Speak(number),)
    return turn, ()


def _count(turn: Turn, frame: Heard) -> Turn:
    """Advance the clock, and the utterance if this is speech."""
    if frame.alone and frame.speech >= FAINT and turn.reply is not None and frame.end >= turn.calm:
        turn = replace(turn, stirred=max(turn.stirred, frame.end))
    if frame.speech < (CLOSE if turn.run else OPEN):
        return replace(turn, now=frame.end, run=0)
    length = frame.end - frame.start
    return replace(
        turn,
        now=frame.end,
        start=frame.start if turn.start is None else turn.start,
        spoke=frame.end,
        voiced=turn.voiced + length,
        run=turn.run + length,
    )


def _heard(turn: Turn) -> Step:
    match turn.phase:
        case Phase.LISTENING:
            return _listening(turn)
        case Phase.MAYBE_ENDING | Phase.THINKING if turn.run >= ONSET:
            return _drop(replace(turn, phase=Phase.LISTENING))
        case Phase.MAYBE_ENDING:
            return _decide(turn)
        case Phase.SPEAKING if turn.run or turn.stirred >= turn.now:
            return _pause(turn)
        case Phase.INTERRUPTED:
            return _interrupted(turn)
    return turn, ()


def _listening(turn: Turn) -> Step:
    if turn.start is None:
        return turn, ()
    silence = turn.now - turn.spoke
    if turn.voiced < WORD:
        return (idle(turn) if silence >= FORGET else turn), ()
    if silence >= HINT:
        waiting = replace(turn, phase=Phase.MAYBE_ENDING)
        if turn.draft is not None and turn.drafted >= turn.spoke - SLACK:
            return waiting, (Hint(turn.draft),)
        return _draft(waiting, hint=True)
    understood = turn.draft is None or turn.text is not None  # else drafts would pile up
    due = max(turn.start + FIRST, turn.drafted + EAGER)
    if turn.eager and understood and turn.now >= due:
        return _draft(turn, hint=False)
    return turn, ()


def _interrupted(turn: Turn) -> Step:
    if turn.voiced >= BARGE:
        return replace(turn, phase=Phase.LISTENING, reply=None), (Stop(),)
    if turn.draft is not None and turn.run >= ONSET:
        return _drop(turn)
    if turn.voiced < WORD:
        nothing = turn.now - max(turn.spoke, turn.stirred) >= LULL
        return _resume(turn) if nothing or turn.now - turn.paused >= MUSE else (turn, ())
    if turn.draft is None and turn.now - turn.spoke >= LULL:
        return _draft(turn, hint=True)
    return turn, ()


def _pause(turn: Turn) -> Step:
    return replace(turn, phase=Phase.INTERRUPTED, paused=turn.now), (Pause(),)


def _resume(turn: Turn) -> Step:
    """It was no word."""
    calm = turn.now + CALM if turn.start is None else turn.calm
    return replace(_unheard(turn), phase=Phase.SPEAKING, calm=calm, stirred=0), (Resume(),)


def _decide(turn: Turn) -> Step:  # noqa: PLR0911  # one return a case
    """Decide what the words mean, now that they are known, or now that more silence followed them."""
    if turn.text is None:
        return turn, ()
    if turn.phase is Phase.INTERRUPTED:
        if is_backchannel(turn.text) or (turn.voiced < BARGE and not is_order(turn.text)):
            dropped, actions = _drop(turn)
            return replace(_unheard(dropped), phase=Phase.SPEAKING), (*actions, Resume())
        ended, actions = _decide(replace(turn, phase=Phase.MAYBE_ENDING, reply=None))
        return ended, (Stop(), *actions)
    if turn.phase is not Phase.MAYBE_ENDING:
        return turn, ()
    silence = turn.now - turn.spoke
    if not turn.text:
        dropped, actions = _drop(turn)
        return (idle(dropped), actions) if silence >= FORGET else (turn, ())
    assert turn.draft is not None
    if silence < PATIENCE + (HASTE - PATIENCE) * turn.complete:
        if turn.eager and not turn.prepared and silence >= HASTE:
            return replace(turn, prepared=True), (Prepare(turn.draft),)
        return turn, ()
    if turn.ready:
        return _speaking(turn, turn.draft), (Speak(turn.draft),)
    if turn.openings:
        return _speaking(turn, turn.draft), (Speak(turn.draft), Open(turn.draft))
    return replace(turn, phase=Phase.THINKING), (Speak(turn.draft),)


def _reply_over(turn: Turn) -> Step:
    """The reply ended; if it failed while it was paused, the user has the floor already."""
    if turn.phase is Phase.SPEAKING:
        return idle(turn), ()
    phase = Phase.LISTENING if turn.draft is None else Phase.MAYBE_ENDING
    return _decide(replace(turn, phase=phase, reply=None))


def _draft(turn: Turn, *, hint: bool) -> Step:
    assert turn.start is not None
    number = turn.drafts + 1
    begun = replace(_blank(turn), drafts=number, draft=number, drafted=turn.now)
    return begun, (Draft(number, turn.start, turn.now, hint),)


def _drop(turn: Turn) -> Step:
    actions = () if turn.draft is None else (Drop(turn.draft),)
    return _blank(turn), actions


def _blank(turn: Turn) -> Turn:
    """Without a draft."""
    return replace(turn, draft=None, text=None, complete=0.0, prepared=False, ready=False)


def _speaking(turn: Turn, draft: int) -> Turn:
    return replace(idle(turn), phase=Phase.SPEAKING, reply=draft)


def _unheard(turn: Turn) -> Turn:
    """Forget the utterance."""
    return replace(turn, start=None, voiced=0, run=0)


def idle(turn: Turn) -> Turn:
    """How things stand when nobody speaks, and nothing is prepared."""
    forgotten, _ = _drop(_unheard(turn))
    return replace(forgotten, phase=Phase.LISTENING, reply=None)
