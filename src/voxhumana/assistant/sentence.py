"""Cuts streaming text into pieces to speak: phrases, the first as early as sounds natural, then sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

SENTENCE_END = re.compile(r"[.!?\u2026]+[\"')\u201d\u2019]*\s+")
CLAUSE_END = re.compile(r"[,;:\u2014]\s+|\s[-\u2013\u2014]\s")
"""Marks followed by a space, so that 3.14, 1,000 and vox.wav stay whole."""
ABBREVIATIONS = frozenset(["dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e"])
"""A full stop after these, or after a single letter, ends no sentence."""
CLAUSE_WORDS = 2
"""A clause has at least so many words: "Well," alone sounds clipped."""
PACE = ((2, 6), (4, 9), (7, 14))
"""Where no mark comes, the first pieces of a reply end before a word that begins a phrase, after at least so
many words, and after so many whatever comes: each lasts about as long as the next takes to be written by a
model that writes five times as fast as one speaks. What follows is cut at its marks."""
# fmt: off
PHRASES = frozenset({
    "a", "about", "after", "an", "and", "are", "as", "at", "because", "before", "but", "by", "can", "could",
    "for", "from", "has", "have", "if", "in", "into", "is", "like", "may", "might", "of", "on", "or",
    "should", "so", "than", "that", "the", "through", "to", "using", "was", "were", "when", "where", "which",
    "while", "who", "will", "with", "would",
})
# fmt: on
"""Words before which a reader may breathe."""
UNSPEAKABLE = re.compile(r"[*_#`~|<>\[\]{}]|[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]")
"""Markdown, arrows, symbols and emoji."""


class SentenceStream:
    """`Stream[str, str]`: text in, pieces to speak out; joined they are the text without symbols."""

    def __init__(self) -> None:
        self._held = ""
        self._pieces = 0  # so far
        self._whole = False  # whether what came last is a word as far as one can tell

    def push(self, item: str) -> Iterator[str]:
        """Yield what can be spoken now."""
        self._held += UNSPEAKABLE.sub("", item)
        self._whole = item[:1] == " " and item.strip().lower() in PHRASES
        while (end := self._end()) is not None:
            piece, self._held = self._held[:end], self._held[end:]
            self._pieces += 1
            yield piece

    def flush(self) -> Iterator[str]:
        """Yield the rest."""
        piece, self._held = self._held, ""
        if piece.strip():
            yield piece

    def _end(self) -> int | None:
        """Where the first piece of what is held ends; None while that is not known."""
        ends = [m.end() for m in SENTENCE_END.finditer(self._held) if not _abbreviated(self._held[: m.end()])]
        if self._pieces < len(PACE):
            ends += [
                m.end()
                for m in CLAUSE_END.finditer(self._held)
                if len(self._held[: m.end()].split()) >= CLAUSE_WORDS
            ]
            ends += _phrase_end(self._held, *PACE[self._pieces], whole=self._whole)
        return min(ends, default=None)


def _phrase_end(held: str, least: int, most: int, *, whole: bool) -> list[int]:
    """Where a phrase of so many words ends, if one does: the last word of what is held may still grow.

    Language models write " of" at once: then there is nothing to wait for.
    """
    words = list(re.finditer(r"\S+", held))
    if not whole:
        del words[-1:]
    fit = [w.start() for w in words[least:most] if w.group().lower() in PHRASES]
    return fit[:1] or [w.start() for w in words[most : most + 1]]


def _abbreviated(text: str) -> bool:
    word = text.rsplit(maxsplit=1)[-1]
    bare = word.rstrip(".").lower().lstrip("(\"'")
    return word.endswith(".") and (
        bare in ABBREVIATIONS or (len(bare) == 1 and bare != "i" and bare.isalpha())
    )
