"""The responses of a conversation, one at a time: each from its beginning to `response.done`."""

from __future__ import annotations

from collections.abc import Callable

from voxhumana.assistant.reply import Reply
from voxhumana.engine import Block
from voxhumana.server.outbox import Event, Sound
from voxhumana.server.pcm import Codec
from voxhumana.server.realtime.items import Item
from voxhumana.server.realtime.record import Record
from voxhumana.server.realtime.response import Response
from voxhumana.server.realtime.tools import ToolResponder
from voxhumana.server.refusal import Refusal, as_refusal


class Answers:
    """Used on the path's thread.

    Args:
        conversation_id: What the conversation is called.
        record: Its items.
        responder: Knows which functions a reply calls.
        codec: Writes sound as the client takes it.
        send: Takes events and sound.
    """

    def __init__(
        self,
        conversation_id: str,
        record: Record,
        responder: ToolResponder,
        codec: Codec,
        send: Callable[[Event | Sound], None],
    ) -> None:
        self.now: Response | None = None
        """The one under way."""
        self._conversation_id = conversation_id
        self._record = record
        self._responder = responder
        self._codec = codec
        self._send = send
        self._asked: Item | None = None  # what it answers, when that was heard
        self._goes_on = False  # the user, whose turn it was not any more

    def ask(self, item: Item) -> None:
        """This was heard, and is what the next one answers."""
        self._asked = item

    def begin(self, modalities: list[str], metadata: dict[str, str] | None) -> None:
        """Begin one.

        Args:
            modalities: `["audio"]` or `["text"]`.
            metadata: The client's own.
        """
        self.now = Response(self._record.items, self._conversation_id, modalities, metadata, self._send)

    def check(self) -> None:
        """See whether one may begin.

        Raises:
            Refusal: Another is under way.
        """
        if self.now:
            raise Refusal(
                400,
                "A response is under way; cancel it, or wait for response.done.",
                code="conversation_already_has_active_response",
            )

    @property
    def listener(self) -> Answers | None:
        """Who hears what is played: nobody between two responses."""
        return self if self.now else None

    def say(self, text: str) -> None:
        """See `mouth.Listener`."""
        if self.now:
            self.now.say(text)

    def sound(self, block: Block) -> None:
        """See `mouth.Listener`."""
        if self.now:
            self.now.sound(self._codec.encode(block), len(block))

    def is_about(self, item_id: str) -> bool:
        """Whether the one under way speaks in this item."""
        return self.now is not None and self.now.where["item_id"] == item_id

    def cancel(self, response_id: str | None) -> None:
        """The client wants the one under way broken off, which is for the path to do.

        Raises:
            Refusal: There is none, or another.
        """
        if self.now is None or (response_id and response_id != self.now.id):
            raise Refusal(400, "There is no such response to cancel.", code="response_cancel_not_active")
        self.now.cancelled_by = "client_cancelled"

    def take_back(self) -> None:
        """The user goes on, before a sound of the one under way was heard: the next turn says it all."""
        self._goes_on = True

    def complain(self, text: str, *, speaking: bool) -> None:
        """Say that something failed: in the one under way, if that is being made; else at once."""
        if self.now and speaking:
            self.now.failure = text
        else:
            self._send({"type": "error", "error": as_refusal(Refusal(500, text)).fault.model_dump()})

    def end(self, reply: Reply, heard: str, whole: bool) -> None:
        """The reply behind the one under way is over, or broken off; see `mouth.WireMouth`."""
        response, self.now = self.now, None
        asked, self._asked = self._asked, None
        goes_on, self._goes_on = self._goes_on, False
        if response:
            calls = self._responder.calls(reply.history.with_user(reply.asked))
            response.end(heard, calls, list(reply.pieces), whole)
        if asked and goes_on:
            self._record.delete(asked.id)
