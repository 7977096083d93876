"""Lets one thread through at a time, in the order in which they came; a plain lock may let the same again."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turnstile:
    """`with turnstile: ...`; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._busy = False

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        ticket.acquire()  # who leaves releases it, and hands the turn on

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one through."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False
