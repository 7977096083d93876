"""One response as the client sees it: its events, in the protocol's order.

response.created
(response.output_item.added conversation.item.added response.content_part.added
    (response.output_audio_transcript.delta | response.output_audio.delta)*
 response.output_audio.done response.output_audio_transcript.done response.content_part.done
 response.output_item.done conversation.item.done)?                               the words, if any
(response.output_item.added conversation.item.added response.function_call_arguments.delta
 response.function_call_arguments.done response.output_item.done conversation.item.done)*     the calls
response.done
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from voxhumana.server.outbox import Event, Sound
from voxhumana.server.realtime import items
from voxhumana.server.realtime.items import Items
from voxhumana.server.realtime.tools import Call


class Response:
    """A response under way; used from the path's thread.

    Args:
        conversation: Where its items go.
        conversation_id: What that is called.
        modalities: `["audio"]` or `["text"]`.
        metadata: The client's own.
        send: Takes events and sound.
    """

    def __init__(
        self,
        conversation: Items,
        conversation_id: str,
        modalities: list[str],
        metadata: dict[str, str] | None,
        send: Callable[[Event | Sound], None],
    ) -> None:
        self.id = items.new_id("resp")
        self.failure = ""
        """What went wrong, in a sentence."""
        self.cancelled_by = "turn_detected"
        """Why it will have been broken off, if it is."""
        self._items = conversation
        self._about = {
            "id": self.id,
            "object": "realtime.response",
            "conversation_id": conversation_id,
            "output_modalities": modalities,
            "metadata": metadata,
        }
        self._spoken = "audio" in modalities
        self._send = send
        self._item = items.message("assistant", [], "")
        self._begun = False
        self._text = ""
        self._output: list[dict[str, Any]] = []
        send({"type": "response.created", "response": self._state("in_progress")})

    @property
    def where(self) -> dict[str, Any]:
        """What every event of the words says of its place."""
        return {"response_id": self.id, "item_id": self._item.id, "output_index": 0, "content_index": 0}

    def say(self, text: str) -> None:
        """Words, as they become known."""
        self._begin()
        self._text += text
        kind = "output_audio_transcript" if self._spoken else "output_text"
        self._send({"type": f"response.{kind}.delta", **self.where, "delta": text})

    def sound(self, data: bytes, samples: int) -> None:
        """Sound, as it should be heard."""
        if self._spoken and samples:
            self._begin()
            self._send(Sound(data, samples, self.where))

    def end(self, heard: str, calls: Sequence[Call], pieces: list[Any], whole: bool) -> None:
        """All is said, or broken off.

        Args:
            heard: The words that were heard.
            calls: Functions to be called.
            pieces: The words with their lengths, for `truncate`.
            whole: Whether it was heard to its end.
        """
        if self._begun:
            self._end_words(heard, pieces, whole)
        if whole:
            for call in calls:
                self._end_call(call)
        status = "failed" if self.failure else "completed" if whole else "cancelled"
        self._send({"type": "response.done", "response": self._state(status)})

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        self._item.shown["status"] = "in_progress"
        before = self._items.add(self._item)
        self._added(0, self._item.shown, before)
        part = {"type": "audio", "transcript": ""} if self._spoken else {"type": "text", "text": ""}
        self._send({"type": "response.content_part.added", **self.where, "part": part})

    def _end_words(self, heard: str, pieces: list[Any], whole: bool) -> None:
        text = heard if self._spoken else self._text.strip()
        self._item.shown["status"] = "completed" if whole else "incomplete"
        if self._spoken:
            self._item.shown["content"] = [{"type": "output_audio", "transcript": text}]
            self._send({"type": "response.output_audio.done", **self.where})
            self._send({"type": "response.output_audio_transcript.done", **self.where, "transcript": text})
            part = {"type": "audio", "transcript": text}
            self._item.pieces = pieces
        else:
            self._item.shown["content"] = [{"type": "output_text", "text": text}]
            self._send({"type": "response.output_text.done", **self.where, "text": text})
            part = {"type": "text", "text": text}
        self._item.said = items.message("assistant", [], text).said
        self._send({"type": "response.content_part.done", **self.where, "part": part})
        self._done(0, self._item.shown)

    def _end_call(self, call: Call) -> None:
        item = items.call(call.name, call.arguments)
        index = len(self._output)
        before = self._items.add(item)
        self._added(index, {**item.shown, "status": "in_progress", "arguments": ""}, before)
        where = {
            "response_id": self.id,
            "item_id": item.id,
            "output_index": index,
            "call_id": item.shown["call_id"],
        }
        self._send({"type": "response.function_call_arguments.delta", **where, "delta": call.arguments})
        self._send(
            {
                "type": "response.function_call_arguments.done",
                **where,
                "name": call.name,
                "arguments": call.arguments,
            }
        )
        self._done(index, item.shown)

    def _added(self, index: int, shown: dict[str, Any], before: str | None) -> None:
        item = dict(shown)
        where = {"response_id": self.id, "output_index": index}
        self._send({"type": "response.output_item.added", **where, "item": item})
        self._send({"type": "conversation.item.added", "previous_item_id": before, "item": item})

    def _done(self, index: int, shown: dict[str, Any]) -> None:
        item = dict(shown)
        self._output.append(item)
        where = {"response_id": self.id, "output_index": index}
        self._send({"type": "response.output_item.done", **where, "item": item})
        self._send({"type": "conversation.item.done", "previous_item_id": None, "item": item})

    def _state(self, status: str) -> dict[str, Any]:
        details: dict[str, Any] | None = None
        if status == "cancelled":
            details = {"type": status, "reason": self.cancelled_by}
        elif status == "failed":
            details = {
                "type": status,
                "error": {"type": "server_error", "code": None, "message": self.failure},
            }
        return {**self._about, "status": status, "status_details": details, "output": list(self._output)}
