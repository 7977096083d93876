"""Who else converses on these cores: in company, replies are no longer guessed while the user speaks.

A conversation that guesses has what was said so far written down and judged every 0.2 s: six or seven times
for a question of three seconds, where waiting for a silence takes one or two (`assistant/floor.py`, four
questions by `bench/talkers.py`). It answers sooner for that, and takes most of two cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from voxhumana.server.pool.pool import cores

EAGER = 2
"""Cores that a conversation which guesses can have all for itself."""


class Company:
    """The conversations under way; any thread.

    Args:
        room: How many of them may guess at the same time; by default what the cores allow.
    """

    def __init__(self, room: int | None = None) -> None:
        self._room = room or max(1, cores() // EAGER)
        self._members: list[Callable[[bool], None]] = []
        self._lock = threading.Lock()

    @contextmanager
    def member(self, tell: Callable[[bool], None]) -> Iterator[None]:
        """Be one of them.

        Args:
            tell: Hears at once, and whenever it changes, whether there is room to guess; must not wait.
        """
        self._change(self._members.append, tell)
        try:
            yield
        finally:
            self._change(self._members.remove, tell)

    def _change(self, change: Callable[[Callable[[bool], None]], None], tell: Callable[[bool], None]) -> None:
        with self._lock:
            change(tell)
            for member in self._members:
                member(len(self._members) <= self._room)
