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

from dataclasses import replace

from voxhumana.assistant.action import Hint, Open, Prepare, Speak, Stop
from voxhumana.assistant.event import Announce, Event, Heard, Hiss, Over, Ready, Understood
from voxhumana.assistant.interruption import ONSET, go_on, hissed, is_murmur, listen, pause, stir
from voxhumana.assistant.turn import MS, WORD, Phase, Step, Turn, begin, drop, idle, speaking

OPEN = 0.5
CLOSE = 0.35
"""Probability that begins speech, and below which it is over (silero-vad's defaults)."""
HINT = 32 * MS
"""Silence that may be an end: one frame. Most closures of stop consonants are longer: their drafts are
dropped again, but the last one of them has heard all there is."""
SLACK = 96 * MS
"""A draft that lacks no more than this of the speech before a hint has heard it all: the detector hears an
end 15-50 ms late, and of 35 synthetic questions cut so much earlier Whisper base wrote 32 with the same words
and 3 with better ones ("tea" for "T."); cut by 128 ms, one was worse. To hear it again would take 0.1 s."""
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


def step(turn: Turn, event: Event) -> Step:  # noqa: PLR0911  # one return a case
    """Take one event; return how things stand after it, and what to do."""
    match event:
        case Heard():
            return _heard(_count(turn, event))
        case Hiss() if turn.phase is Phase.SPEAKING:
            return hissed(turn)
        case Understood(draft, text, complete) if draft == turn.draft:
            return _decide(replace(turn, text=text, complete=complete))
        case Ready(draft) if draft == turn.draft:
            if turn.phase is Phase.THINKING:
                return speaking(turn, draft), ()
            return replace(turn, ready=True), ()
        case Over(draft) if draft == turn.draft and turn.phase is Phase.THINKING:
            return idle(turn), ()
        case Over(draft) if draft == turn.reply:
            return _reply_over(turn)
        case Announce() if turn.phase is Phase.LISTENING and turn.start is None:
            number = turn.drafts + 1
            return speaking(replace(turn, drafts=number), number), (Speak(number),)
    return turn, ()


def _count(turn: Turn, frame: Heard) -> Turn:
    """Advance the clock, and the utterance if this is speech."""
    turn = stir(turn, frame)
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
            return drop(replace(turn, phase=Phase.LISTENING))
        case Phase.MAYBE_ENDING:
            return _decide(turn)
        case Phase.SPEAKING if turn.run or turn.stirred >= turn.now:
            return pause(turn)
        case Phase.INTERRUPTED:
            return listen(turn)
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
        return begin(waiting, hint=True)
    understood = turn.draft is None or turn.text is not None  # else drafts would pile up
    due = max(turn.start + FIRST, turn.drafted + EAGER)
    if turn.eager and understood and turn.now >= due:
        return begin(turn, hint=False)
    return turn, ()


def _decide(turn: Turn) -> Step:  # noqa: PLR0911  # one return a case
    """Decide what the words mean, now that they are known, or now that more silence followed them."""
    if turn.text is None:
        return turn, ()
    if turn.phase is Phase.INTERRUPTED:
        if is_murmur(turn):
            return go_on(turn)
        ended, actions = _decide(replace(turn, phase=Phase.MAYBE_ENDING, reply=None))
        return ended, (Stop(), *actions)
    if turn.phase is not Phase.MAYBE_ENDING:
        return turn, ()
    silence = turn.now - turn.spoke
    if not turn.text:
        dropped, actions = drop(turn)
        return (idle(dropped), actions) if silence >= FORGET else (turn, ())
    assert turn.draft is not None
    if silence < PATIENCE + (HASTE - PATIENCE) * turn.complete:
        if turn.eager and not turn.prepared and silence >= HASTE:
            return replace(turn, prepared=True), (Prepare(turn.draft),)
        return turn, ()
    if turn.ready:
        return speaking(turn, turn.draft), (Speak(turn.draft),)
    if turn.openings:
        return speaking(turn, turn.draft), (Speak(turn.draft), Open(turn.draft))
    return replace(turn, phase=Phase.THINKING), (Speak(turn.draft),)


def _reply_over(turn: Turn) -> Step:
    """The reply ended; if it failed while it was paused, the user has the floor already."""
    if turn.phase is Phase.SPEAKING:
        return idle(turn), ()
    phase = Phase.LISTENING if turn.draft is None else Phase.MAYBE_ENDING
    return _decide(replace(turn, phase=phase, reply=None))
