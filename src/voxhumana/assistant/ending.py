"""Is this all that the user wants to say? A guess from the words, for engines that cannot tell better."""

from __future__ import annotations

from collections.abc import Sequence

from voxhumana.dialogue import Message

# fmt: off
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
    if not words or words[-1] in UNFINISHED or text.endswith(("...", "\u2026", ",", "-")):
        return 0.0
    return 0.8 if text.endswith((".", "?", "!")) else 0.4
