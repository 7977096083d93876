"""Is this all that the user wants to say? The language model judges where it can, else the words alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from voxhumana.assistant.asking import asks
from voxhumana.dialogue import Message

Ending: TypeAlias = Callable[[Sequence[Message]], float]
"""Judges the last message, the user's: 0 to 1, how surely it is complete."""

Judge: TypeAlias = Callable[[Sequence[Message]], float | None]
"""Says the probability that the last message ends here; None where it cannot tell."""

SURE, HOPELESS = 0.12, 0.003
"""Probability of an end from which words are surely complete, and below which they surely are not. Of Qwen2.5
1.5B, where a conversation begins: of 80 beginnings of questions and requests 70 had 0.011 or less, seven
0.013-0.07, and three, sentences by themselves, 0.09-0.4; of 59 whole ones 55 had 0.13 or more, and four, such
as "Can you recommend a good restaurant?", 0.025-0.08."""

TOLD = 0.5
"""How complete words that ask for nothing are at most, where the model does not say more: the turn then ends
after 0.8 s of silence (`floor.PATIENCE`), which is longer than most pauses in a sentence."""
TOLD_SURE = (0.6, 0.85)
"""Probability of an end up to which `TOLD` holds, and from which words that only tell are surely complete. Of
24 statements that people go on from ("my phone is broken") 21 had less than 0.6, and none more than 0.72; of
20 after which they wait for an answer 11 had 0.69 or more."""

# fmt: off
WHOLE = frozenset({
    "bye", "go on", "good night", "goodbye", "hello", "hi", "never mind", "no", "okay", "stop", "thank you",
    "thanks", "yes",
})
"""Messages that are complete although a model cannot know it: most sentences may begin so."""
UNFINISHED = frozenset({
    "a", "about", "an", "and", "are", "as", "at", "because", "but", "by", "can", "could", "do", "does", "er",
    "for", "from", "how", "i'd", "i'm", "if", "in", "into", "is", "like", "my", "of", "on", "or", "our", "so",
    "than", "that", "the", "their", "then", "to", "uh", "um", "well", "what", "when", "where", "whether",
    "which", "who", "why", "with", "would", "your",
})
# fmt: on
"""Words after which an English sentence goes on."""


def by_words(messages: Sequence[Message]) -> float:
    """Return 0 to 1: how surely the last message, the user's, is complete."""
    text = messages[-1].text.strip()
    words = text.lower().rstrip(".?!,\u2026 ").split()
    if " ".join(words) in WHOLE:
        return 1.0
    if not words or words[-1] in UNFINISHED or text.endswith(("...", "\u2026", ",", "-")):
        return 0.0
    if not text.endswith((".", "?", "!")):
        return 0.4
    return 0.8 if asks(text) else TOLD


def judged(judge: Judge) -> Ending:
    """Turn a probability of an end into how long to wait for more, on a scale of orders of magnitude."""

    def ending(messages: Sequence[Message]) -> float:
        judgement = judge(messages)
        if judgement is None:
            return by_words(messages)
        end = max(judgement, HOPELESS)
        sure = min(1.0, math.log(end / HOPELESS) / math.log(SURE / HOPELESS))
        if by_words(messages) == 1.0:
            return 1.0
        return sure if asks(messages[-1].text) else min(sure, _told(end))

    return ending


def _told(end: float) -> float:
    """How complete words are at most that ask for nothing, by the probability of an end."""
    low, high = TOLD_SURE
    return TOLD + (1.0 - TOLD) * min(1.0, max(0.0, (end - low) / (high - low)))
