"""How many sessions of a kind there are, and that there are no more; and the word that all should leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from voxhumana.server.refusal import Refusal

RETRY_S = 10
"""What a program that found no seat is told to wait: a guess."""


class Seats:
    """Sessions of one kind; used on the event loop.

    Args:
        kind: What they are called.
        most: At once.
    """

    def __init__(self, kind: str, most: int) -> None:
        self.kind = kind
        self.most = most
        self.taken = 0
        self.begun = 0
        self.refused = 0
        self.leaving = asyncio.Event()
        """Set when the server ends: sessions say goodbye."""
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Sit down for the length of a session.

        Raises:
            Refusal: All seats are taken, or the server ends.
        """
        if self.leaving.is_set():
            raise Refusal(503, "The server is about to end; come back.", code="ending", retry_after_s=RETRY_S)
        if self.taken >= self.most:
            self.refused += 1
            raise Refusal(
                503,
                f"All {self.most} {self.kind} sessions are taken; try again later, or raise the limit.",
                code="sessions_full",
                retry_after_s=RETRY_S,
            )
        self.taken += 1
        self.begun += 1
        self._empty.clear()
        try:
            yield
        finally:
            self.taken -= 1
            if not self.taken:
                self._empty.set()

    async def leave(self) -> None:
        """Ask all to leave, and wait until they have."""
        self.leaving.set()
        await self._empty.wait()
