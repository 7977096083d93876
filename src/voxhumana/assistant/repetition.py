"""Which exchanges tell the language model nothing, and make it imitate itself: repetitions.

A small model that reads its own words often enough says them again: after a hundred turns it said questions
back instead of answering them. Penalties on the next token are no way out, since they also forbid the right
answer to a question that comes twice ("Leonardo da ..."); so what repeats is not read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from voxhumana.dialogue import Message

ALIKE = 0.8
"""Share of words, in order, that two texts have in common at least if one repeats the other: "Do I like the
sea?" says "Do you like the sea?" back (0.8), "The capital of France is Paris." answers (0.67)."""


def alike(one: str, other: str) -> bool:
    """Whether two texts are nearly the same, word by word; marks and capitals do not count."""
    words, others = _words(one), _words(other)
    if not words or not others:
        return False
    return SequenceMatcher(None, words, others, autojunk=False).ratio() >= ALIKE


def repeats(said: Sequence[Message]) -> bool:
    """Whether the last exchange, a message of the user and its reply, stands in `said` before, nearly so."""
    if len(said) < 4 or [message.role for message in said[-2:]] != ["user", "assistant"]:
        return False
    user, assistant = said[-2:]
    return any(
        asked.role == "user" and alike(asked.text, user.text) and alike(answered.text, assistant.text)
        for asked, answered in itertools.pairwise(said[:-2])
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("'", ""))
