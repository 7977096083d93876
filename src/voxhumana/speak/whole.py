"""The stream of engines that speak a sentence at a time and keep nothing between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import hibari

from voxhumana.engine import Block


class WholeSentences:
    """One session.

    Args:
        speak: A sentence -> float32 [T] at the engine's rate.
    """

    def __init__(self, speak: Callable[[str], Block]) -> None:
        self._speak = speak

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, sentence by sentence, float32 [T] each; nothing if it has no words."""
        for sentence in hibari.Hibari.split_sentences(item):
            if any(c.isalnum() for c in sentence):
                sound = self._speak(sentence)
                if len(sound):
                    yield sound

    def flush(self) -> Iterator[Block]:
        """Yield nothing: every sentence is whole."""
        yield from ()
