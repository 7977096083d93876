"""What the client is told of the user's turn: that it began, ended, or came to nothing."""

from __future__ import annotations

from collections.abc import Callable

from voxhumana.assistant.turn import MS
from voxhumana.server.outbox import Event
from voxhumana.server.realtime import items


class Floor:
    """Tells each beginning once, and none that an "mhm" under a reply would be; used on the path's thread.

    Args:
        send: Takes events.
    """

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._item_id = items.new_id("item")  # of what the user is saying
        self._start: int | None = None  # samples, of what is not told yet

    def begin(self, start: int) -> None:
        """The user began at `start`, samples on the detector's clock; told by `tell`."""
        self._start = start

    def tell(self) -> None:
        """What began counts."""
        if self._start is not None:
            self._item_id = items.new_id("item")
            at = {"audio_start_ms": self._start // MS, "item_id": self._item_id}
            self._send({"type": "input_audio_buffer.speech_started", **at})
            self._start = None

    def dismiss(self) -> None:
        """It came to nothing."""
        if self._start is None:
            self._stopped(0)
        self._start = None

    def end(self, end: int) -> str:
        """The turn ended there; return the name of its item."""
        self.tell()
        self._stopped(end)
        return self._item_id

    def _stopped(self, end: int) -> None:
        at = {"audio_end_ms": end // MS, "item_id": self._item_id}
        self._send({"type": "input_audio_buffer.speech_stopped", **at})
