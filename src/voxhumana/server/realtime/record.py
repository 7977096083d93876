"""The conversation's items, as the client sees them come and go."""

from __future__ import annotations

from collections.abc import Callable

from voxhumana.assistant.history import History
from voxhumana.server.outbox import Event
from voxhumana.server.realtime import items
from voxhumana.server.realtime.items import Item, Items


class Record:
    """Changes the list, and tells the client; used on the path's thread.

    Args:
        said: The list.
        send: Takes events.
    """

    def __init__(self, said: Items, send: Callable[[Event], None]) -> None:
        self.items = said
        self._send = send

    def add(self, item: Item, after: str | None = None) -> None:
        """Put an item in; raises as `Items.add`."""
        before = self.items.add(item, after)
        told = {"previous_item_id": before, "item": dict(item.shown)}
        self._send({"type": "conversation.item.added", **told})
        self._send({"type": "conversation.item.done", **told})

    def commit(self, text: str, seconds: float, item_id: str | None, *, transcribed: bool) -> Item:
        """Put in what the user said.

        Args:
            text: The words.
            seconds: How long it took.
            item_id: What the item is called, if it has a name.
            transcribed: Whether the client wants to read it.
        """
        item = items.message("user", [{"type": "input_audio", "transcript": text}], text, item_id)
        before = self.items.last_id
        self._send({"type": "input_audio_buffer.committed", "item_id": item.id, "previous_item_id": before})
        self.add(item)
        if transcribed:
            self._send(
                {
                    "type": "conversation.item.input_audio_transcription.completed",
                    "item_id": item.id,
                    "content_index": 0,
                    "transcript": text,
                    "usage": {"type": "duration", "seconds": seconds},
                }
            )
        return item

    def delete(self, item_id: str) -> None:
        """Take one out; raises as `Items.find`."""
        self.items.delete(item_id)
        self._send({"type": "conversation.item.deleted", "item_id": item_id})

    def retrieve(self, item_id: str) -> None:
        """Show one; raises as `Items.find`."""
        self._send({"type": "conversation.item.retrieved", "item": dict(self.items.find(item_id).shown)})

    def truncate(self, item_id: str, audio_end_ms: int, rate_hz: int) -> None:
        """So much of a reply was heard, whose sound is at `rate_hz`; raises as `Items.truncate`."""
        self.items.truncate(item_id, audio_end_ms * rate_hz // 1000)
        told = {"item_id": item_id, "content_index": 0, "audio_end_ms": audio_end_ms}
        self._send({"type": "conversation.item.truncated", **told})

    def history(self, instructions: str) -> History:
        """What the model reads, all of it in the past."""
        history, newest = self.items.history(instructions)
        return history.after(newest, "") if newest else history
