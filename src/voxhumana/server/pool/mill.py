"""The threads on which conversions run: one an engine, on which all that use it take turns.

    sound came -> `Mills.wants` -> queue of the engine -> `Conversion.work`, one turn -> the end of the queue

A thread each would have the interpreter change hands with every block: for 16 by `dsp` a fifth of what they
took. Engines do not wait for each other, as one that works in long blocks would have the others stutter.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Protocol


class Grist(Protocol):
    """What takes turns; see `conversion.Conversion`."""

    waits: bool
    """Whether it stands in a queue."""

    @property
    def engine(self) -> str:
        """The engine's name."""

    def work(self) -> bool:
        """Do a turn's worth; whether more waits."""


class Mill:
    """One thread and its queue."""

    def __init__(self, name: str) -> None:
        self._turns: SimpleQueue[Grist] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def wants(self, grist: Grist) -> None:
        """Queue up, unless it stands there."""
        if not grist.waits:
            grist.waits = True
            self._turns.put(grist)

    def _run(self) -> None:
        while True:
            grist = self._turns.get()
            grist.waits = False  # first: what comes in meanwhile may be too late for this turn
            if grist.work():
                self.wants(grist)


class Mills:
    """A mill for each engine that was asked for; any thread."""

    def __init__(self) -> None:
        self._mills: dict[str, Mill] = {}
        self._lock = threading.Lock()

    def wants(self, grist: Grist) -> None:
        """Give it a turn."""
        engine = grist.engine
        if engine not in self._mills:
            with self._lock:
                if engine not in self._mills:
                    self._mills[engine] = Mill(engine)
        self._mills[engine].wants(grist)
