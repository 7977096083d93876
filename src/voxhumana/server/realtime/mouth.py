"""The mouth of a conversation whose loudspeaker is the peer: what is played is sent, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from voxhumana.assistant.mouth import Mouth
from voxhumana.assistant.reply import Reply
from voxhumana.engine import Block


class Listener(Protocol):
    """Hears of a reply, on the path's thread."""

    def say(self, text: str) -> None:
        """Words that became known."""

    def sound(self, block: Block) -> None:
        """Sound that was played, float32 [T]."""


class WireMouth(Mouth):
    """Tells what it plays.

    Args:
        rate_hz: Of the sounds.
        listener: Who hears, at this moment; None = nobody.
        ended: Told of each reply that is over or broken off: the reply, what was heard of it, and whether
            that is all.
    """

    def __init__(
        self,
        rate_hz: int,
        listener: Callable[[], Listener | None],
        ended: Callable[[Reply, str, bool], None],
    ) -> None:
        super().__init__(rate_hz)
        self._listener = listener
        self._ended = ended
        self._speaking: Reply | None = None
        self._told = 0  # pieces

    @property
    def speaking(self) -> bool:
        """Whether a reply is under way."""
        return self._speaking is not None

    def speak(self, reply: Reply | None) -> None:
        """See `Mouth`; what was under way is ended."""
        before, played, whole = self._speaking, self.played, self.done
        self._speaking = reply
        if before:
            if whole:
                self._tell(before)
            self._ended(before, before.heard(played), whole)
        self._told = 0
        super().speak(reply)

    def play(self, frames: int) -> Block:
        """See `Mouth`."""
        before = self.played
        sound = super().play(frames)
        listener = self._listener()
        if self._speaking and listener:
            self._tell(self._speaking)
            if fresh := self.played - before:
                listener.sound(sound[:fresh])
        return sound

    def _tell(self, reply: Reply) -> None:
        listener = self._listener()
        while listener and self._told < len(reply.pieces):
            text = reply.pieces[self._told].text
            self._told += 1
            if text:
                listener.say(text)


class Mute:
    """Speech of replies that are only read: a sample of silence for each piece, which counts as said."""

    def push(self, item: str) -> Iterator[Block]:  # noqa: ARG002
        """See `engine.Stream`."""
        yield np.zeros(1, np.float32)

    def flush(self) -> Iterator[Block]:
        """See `engine.Stream`."""
        yield from ()
