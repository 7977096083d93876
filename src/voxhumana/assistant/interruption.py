"""A voice over the reply: it falls silent at once, and goes on unless that was an interruption.

SPEAKING -> pause -> INTERRUPTED -> listen -> it was nothing: resume
                                           -> words: `is_murmur` -> resume
                                           -> much speech, or other words: stop; the floor is the user's
"""

from __future__ import annotations

from dataclasses import replace

from voxhumana.assistant.action import Pause, Resume, Stop
from voxhumana.assistant.backchannel import is_backchannel, is_order
from voxhumana.assistant.event import Heard
from voxhumana.assistant.turn import MS, WORD, Phase, Step, Turn, begin, drop, unheard

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
LULL = 64 * MS
"""Silence over a reply after which the words over it are looked at."""
BARGE = 704 * MS
"""Speech over the reply that is an interruption whatever the words. Less is one only by a word that asks for
it: "mhm", "okay" and "I see" have 256-608 ms in 3 voices, and a hum may be taken for any words."""


def stir(turn: Turn, frame: Heard) -> Turn:
    """Note a faint sign of a voice, where nothing of the reply comes back."""
    if frame.alone and frame.speech >= FAINT and turn.reply is not None and frame.end >= turn.calm:
        return replace(turn, stirred=max(turn.stirred, frame.end))
    return turn


def hissed(turn: Turn) -> Step:
    """Take up a hiss over the reply: perhaps an S."""
    if turn.now < turn.calm:
        return turn, ()
    return pause(replace(turn, stirred=turn.now + HISS))


def pause(turn: Turn) -> Step:
    """Fall silent."""
    return replace(turn, phase=Phase.INTERRUPTED, paused=turn.now), (Pause(),)


def listen(turn: Turn) -> Step:
    """Listen to what is said while the reply is silent, frame by frame."""
    if turn.voiced >= BARGE:
        return replace(turn, phase=Phase.LISTENING, reply=None), (Stop(),)
    if turn.draft is not None and turn.run >= ONSET:
        return drop(turn)
    if turn.voiced < WORD:
        nothing = turn.now - max(turn.spoke, turn.stirred) >= LULL
        return _resume(turn) if nothing or turn.now - turn.paused >= MUSE else (turn, ())
    if turn.draft is None and turn.now - turn.spoke >= LULL:
        return begin(turn, hint=True)
    return turn, ()


def is_murmur(turn: Turn) -> bool:
    """Whether the words over the reply leave it alone."""
    assert turn.text is not None
    return is_backchannel(turn.text) or (turn.voiced < BARGE and not is_order(turn.text))


def go_on(turn: Turn) -> Step:
    """Forget the words, and go on with the reply."""
    dropped, actions = drop(turn)
    return replace(unheard(dropped), phase=Phase.SPEAKING), (*actions, Resume())


def _resume(turn: Turn) -> Step:
    """It was no word."""
    calm = turn.now + CALM if turn.start is None else turn.calm
    return replace(unheard(turn), phase=Phase.SPEAKING, calm=calm, stirred=0), (Resume(),)
