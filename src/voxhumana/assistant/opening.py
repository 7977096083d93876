"""Short openings, "Well,", spoken ahead, with which a character begins a reply that is late.

They are part of the reply that is heard and kept, and never heard before the turn is over. The model does not
read them: it took them for its own manner, and after eighty turns said nothing but "Ah, Ah, Ah".
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voxhumana.engine import Block, Stream

TEXTS = ("Well,", "Ah,", "Hmm,", "So,", "Oh,", "Let me see,", "Now,")
"""They fit before any statement, and are no promise."""
# fmt: off
LOWERED = frozenset({
    "A", "After", "An", "As", "At", "Because", "He", "How", "If", "In", "It", "It's", "Let's", "My", "No",
    "On", "Once", "One", "Perhaps", "She", "Some", "Sure", "That", "That's", "The", "There", "There's",
    "These", "They", "This", "To", "We", "What", "When", "Yes", "You", "You're", "Your",
})
# fmt: on
"""Words that begin a sentence with a capital, and no name."""


@dataclass(frozen=True)
class Opening:
    """One of them."""

    text: str
    sound: Block
    """Float32 [T] at the output's rate."""


AUDIBLE = 0.003
"""-50 dBFS: what an opening is preceded by below that, 10-14 ms in the uncle's voice, is left off."""


class Openings:
    """All of them, in one voice; never the same twice running.

    Args:
        open_speech: Begins speech in that voice, at the output's rate.
        seed: Of the order.
    """

    def __init__(self, open_speech: Callable[[], Stream[str, Block]], seed: int = 0) -> None:
        self._all = []
        for text in TEXTS:
            stream = open_speech()
            sound = np.concatenate([*stream.push(text), *stream.flush()])
            self._all.append(Opening(text, sound[np.argmax(np.abs(sound) > AUDIBLE) :]))
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._last: Opening | None = None

    def next(self) -> Opening:
        """Another one."""
        self._last = self._random.choice([each for each in self._all if each is not self._last])
        return self._last


def joined(opening: str, text: str) -> str:
    """One sentence of both."""
    first, *_ = text.split(maxsplit=1) or [""]
    if first.rstrip(",.;:!?") in LOWERED:
        text = text[0].lower() + text[1:]
    return f"{opening} {text}".strip()


def unopened(text: str) -> str:
    """A reply without the openings that it begins with, as a sentence."""
    rest = _LED.sub("", text)
    return rest if rest == text else rest[:1].upper() + rest[1:]


_LED = re.compile(rf"\A(?:(?:{'|'.join(map(re.escape, TEXTS))})\s*)+", re.IGNORECASE)
