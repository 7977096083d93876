"""Do these words ask for something, a question or a request, or do they only tell?

What tells may be followed by a question, so it is waited for; what asks wants its answer at once. English, by
the words that sentences begin with: whoever is taken for a teller is answered later, and nothing else.
"""

from __future__ import annotations

import re

# fmt: off
VERBS = frozenset({
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might",
    "must", "shall", "should", "was", "were", "will", "would",
})
"""Those that a question begins with, before whom it is about."""
WHAT = frozenset({
    "how", "what", "what's", "when", "where", "where's", "which", "who", "who's", "whose", "why",
})
SUBJECTS = frozenset({
    "a", "an", "he", "i", "i'm", "it", "it's", "my", "our", "she", "that", "the", "there", "they",
    "this", "we", "you", "your",
})
"""After one of those above they make a clause of something else: "when I was a child", "what a day"."""
REQUESTS = frozenset({
    "add", "advise", "answer", "ask", "call", "cancel", "change", "check", "choose", "compare",
    "continue", "count", "define", "describe", "draw", "explain", "find", "forget", "give", "go",
    "guess", "help", "imagine", "keep", "let", "let's", "list", "look", "make", "name", "open", "pick",
    "play", "please", "pretend", "put", "read", "recite", "recommend", "remember", "remind", "repeat",
    "say", "set", "show", "sing", "speak", "spell", "start", "stop", "suggest", "switch", "take",
    "talk", "teach", "tell", "translate", "try", "turn", "use", "wait", "wake", "wish", "write",
})
GREETINGS = frozenset({
    "bye", "good", "goodbye", "greetings", "hello", "hey", "hi", "thank", "thanks", "welcome",
})
ASKING = (
    "i wonder", "i was wondering", "i would like", "i'd like", "i want to know", "i want to hear",
    "i want you",
)
BEFORE = frozenset({
    "actually", "ah", "also", "and", "anyway", "but", "just", "maybe", "no", "now", "oh", "ok", "okay",
    "or", "so", "then", "uh", "um", "well", "yeah", "yes",
})
# fmt: on
"""Left off the beginning of a clause."""


def asks(text: str) -> bool:
    """Whether any clause of `text` is a question, a request or a greeting."""
    plain = text.lower().replace("\u2019", "'")
    return "?" in plain or any(_asks(clause.split()) for clause in re.split(r"[^\w' -]+", plain))


def _asks(words: list[str]) -> bool:
    while words and words[0] in BEFORE:
        words = words[1:]
    if not words:
        return False
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in WHAT:
        return second not in SUBJECTS
    return (
        first in VERBS | REQUESTS | GREETINGS or first.endswith("n't") or " ".join(words).startswith(ASKING)
    )
