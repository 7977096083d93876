"""Cuts streaming text into pieces to speak: a first clause as early as it sounds natural, then sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

SENTENCE_END = re.compile(r"[.!?\u2026]+[\"')\u201d\u2019]*\s+")
CLAUSE_END = re.compile(r"[,;:\u2014]\s+|\s[-\u2013\u2014]\s")
"""Marks followed by a space, so that 3.14, 1,000 and vox.wav stay whole."""
ABBREVIATIONS = frozenset(["dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e"])
"""A full stop after these, or after a single letter, ends no sentence."""
FIRST_WORDS = 2
"""A first clause has at least so many words: "Well," alone sounds clipped."""
PHRASE_WORDS = 4
"""Where no mark comes, it ends after at least so many, before one that begins a phrase."""
# fmt: off
PHRASES = frozenset({
    "a", "about", "after", "an", "and", "are", "as", "at", "because", "before", "but", "by", "for", "from",
    "if", "in", "into", "is", "like", "of", "on", "or", "so", "than", "that", "the", "through", "to", "using",
    "was", "were", "when", "where", "which", "while", "who", "with",
})
# fmt: on
"""Words before which a reader may breathe."""
UNSPEAKABLE = re.compile(r"[*_#`~|<>\[\]{}]|[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]")
"""Markdown, arrows, symbols and emoji."""


class SentenceStream:
    """`Stream[str, str]`: text in, pieces to speak out; joined they are the text without symbols."""

    def __init__(self) -> None:
        self._held = ""
        self._first = True

    def push(self, item: str) -> Iterator[str]:
        """Yield what can be spoken now."""
        self._held += UNSPEAKABLE.sub("", item)
        while (end := self._end()) is not None:
            piece, self._held = self._held[:end], self._held[end:]
            self._first = False
            yield piece

    def flush(self) -> Iterator[str]:
        """Yield the rest."""
        piece, self._held = self._held, ""
        if piece.strip():
            yield piece

    def _end(self) -> int | None:
        """Where the first piece of what is held ends; None while that is not known."""
        ends = [m.end() for m in SENTENCE_END.finditer(self._held) if not _abbreviated(self._held[: m.end()])]
        if self._first:
            ends += [
                m.end()
                for m in CLAUSE_END.finditer(self._held)
                if len(self._held[: m.end()].split()) >= FIRST_WORDS
            ]
            ends += _phrase_end(self._held)
        return min(ends, default=None)


def _phrase_end(held: str) -> list[int]:
    """Where a first phrase ends, if one does: the last word of what is held may still grow."""
    words = list(re.finditer(r"\S+", held))[:-1]
    return [w.start() for w in words[PHRASE_WORDS:] if w.group().lower() in PHRASES][:1]


def _abbreviated(text: str) -> bool:
    word = text.rsplit(maxsplit=1)[-1]
    bare = word.rstrip(".").lower().lstrip("(\"'")
    return word.endswith(".") and (
        bare in ABBREVIATIONS or (len(bare) == 1 and bare != "i" and bare.isalpha())
    )
