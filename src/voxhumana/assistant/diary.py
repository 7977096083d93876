"""Writes turns down beside the path: one thread, a short queue, and one sentence when the disk refuses.

TurnTiming -> queue -> `Memory.keep`, in a transaction of its own
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from voxhumana.errors import VoxError

WAITING = 64
"""Turns that may wait for a slow disk; more are lost, and that is said."""
PATIENCE_S = 15.0
"""How long the end of a conversation waits for the last turns to be written."""


class Keeper(Protocol):
    """Where turns are kept; see `library.memory`."""

    def begin(self, voice: str, engines: Mapping[str, str]) -> int:
        """Open a conversation."""

    def keep(self, talk: int, user: str, assistant: str, timing: Mapping[str, object]) -> None:
        """Write a turn."""


class Diary:
    """One conversation's; a conversation without turns leaves no trace.

    Args:
        keeper: Takes the turns.
        voice: Who speaks with the user.
        engines: Names of `stt`, `llm` and `tts`.
        tell: Takes a sentence about what went wrong, on the diary's thread; once until it works again.
    """

    def __init__(
        self, keeper: Keeper, voice: str, engines: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        self._keeper = keeper
        self._voice, self._engines = voice, engines
        self._tell = tell
        self._talk: int | None = None
        self._told = False
        self._inbox: queue.Queue[dict[str, object] | None] = queue.Queue(WAITING)
        self._writer = threading.Thread(target=self._write, name="diary", daemon=True)
        self._writer.start()

    def note(self, turn: Mapping[str, object]) -> None:
        """Take a turn, as `TurnTiming.report` has it; returns at once."""
        try:
            self._inbox.put_nowait(dict(turn))
        except queue.Full:
            self._complain("The memory cannot keep up with the conversation; a turn was not written down.")

    def close(self) -> None:
        """Write what is waiting, and end."""
        with contextlib.suppress(queue.Full):
            self._inbox.put(None, timeout=PATIENCE_S)
        self._writer.join(PATIENCE_S)

    def _write(self) -> None:
        while (turn := self._inbox.get()) is not None:
            try:
                if self._talk is None:
                    self._talk = self._keeper.begin(self._voice, self._engines)
                user, assistant = str(turn.pop("user", "")), str(turn.pop("assistant", ""))
                self._keeper.keep(self._talk, user, assistant, turn)
                self._told = False
            except VoxError as error:
                self._complain(f"This turn was not written down. {error}")
            except Exception as error:  # noqa: BLE001  # a memory that fails never ends the conversation
                self._complain(f"This turn was not written down ({error}); the conversation goes on.")

    def _complain(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            self._tell(sentence)
