"""What a session has to send: events, none of which is lost, and sound, which is dropped when late.

Any thread puts, one task of the event loop takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Event: TypeAlias = Mapping[str, Any]
MOST_EVENTS = 1_000
"""A peer that leaves so many unread is not listening any more."""


@dataclass(frozen=True)
class Sound:
    """Encoded sound, and how long it is."""

    data: bytes
    samples: int
    about: Event = field(default_factory=dict)
    """What its event says besides."""


class Outbox:
    """The queue; made on the event loop.

    Args:
        bound: Samples of sound that may wait.
    """

    def __init__(self, bound: int) -> None:
        self.dropped = 0
        """Samples that the peer did not take in time."""
        self.goodbye: tuple[int, str] = (1000, "")
        """Close code and reason (RFC 6455, 7.4.1), once it ended."""
        self._bound = bound
        self._items: deque[Event | Sound] = deque()
        self._waiting = 0
        self._ended = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def put(self, item: Event | Sound) -> None:
        """Add something to send; from any thread. After the end of the event loop nobody hears it."""
        if threading.get_ident() == self._thread:
            self._put(item)
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, item)

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Let `take` return None once what was put until now is taken; from any thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end, code, reason)

    async def take(self) -> Event | Sound | None:
        """Wait for the next to send, sounds that follow each other as one; None at the end."""
        while not self._items:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        item = self._items.popleft()
        if not isinstance(item, Sound):
            return item
        whole = [item]
        while self._items and isinstance(more := self._items[0], Sound) and more.about == item.about:
            whole.append(more)
            self._items.popleft()
        sound = Sound(b"".join(each.data for each in whole), sum(each.samples for each in whole), item.about)
        self._waiting -= sound.samples
        return sound

    def _put(self, item: Event | Sound) -> None:
        self._items.append(item)
        if isinstance(item, Sound):
            self._waiting += item.samples
            if self._waiting > self._bound:
                self._drop()
        elif len(self._items) > MOST_EVENTS:
            self._items.clear()
            self._end(1008, "too much was left unread")
        self._news.set()

    def _drop(self) -> None:
        for at, item in enumerate(self._items):
            if isinstance(item, Sound):
                self._waiting -= item.samples
                self.dropped += item.samples
                del self._items[at]
                return

    def _end(self, code: int, reason: str) -> None:
        if not self._ended:
            self._ended, self.goodbye = True, (code, reason)
        self._news.set()
