"""`/v1/realtime`: a session of the OpenAI Realtime protocol on a socket; the grammar is in `events`."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from voxhumana.assistant.notes import Note
from voxhumana.server import session
from voxhumana.server.convert import decode, invalid
from voxhumana.server.engines import Engines
from voxhumana.server.journal import LOG
from voxhumana.server.outbox import Event, Outbox, Sound
from voxhumana.server.realtime import items
from voxhumana.server.realtime.company import Company
from voxhumana.server.realtime.conversation import Conversation
from voxhumana.server.realtime.events import (
    EVENT,
    Append,
    CallItem,
    CallOutputItem,
    Clear,
    ClientItem,
    Commit,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    MessageItem,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
)
from voxhumana.server.realtime.items import Item, Items
from voxhumana.server.realtime.options import Options, update
from voxhumana.server.refusal import Refusal, as_refusal
from voxhumana.server.seats import Seats
from voxhumana.server.speech import check_model

UNSENT = 24_000 * 10
"""Samples of sound that the peer did not take yet; more is dropped, the oldest first."""
EXPIRES_S = 3_600
"""What `expires_at` says, as OpenAI's sessions; ours last as long as they are used."""
MODELS = re.compile(r"gpt-[a-z0-9.-]*(realtime|audio)[a-z0-9.-]*")
"""OpenAI's names, for programs that cannot be told another: they mean the language engine of the settings."""

BETA = {
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "conversation.item.added": "conversation.item.created",
}
"""Names of today -> those of the beta, for clients that ask with `OpenAI-Beta: realtime=v1`."""
WORDS = {
    "conversation.item.input_audio_transcription.completed": "transcript",
    "response.output_audio_transcript.done": "transcript",
    "response.output_text.done": "text",
}
"""Events that say what was said, and where; logged only where settings ask for it."""


class RealtimeSession:
    """One peer.

    Args:
        engines: To be had from.
        company: Who else converses.
        model: As the client calls it.
        beta: Whether it speaks the beta's words.
        count: Takes what the conversation tells, for `/metrics`; from its thread.
    """

    def __init__(
        self, engines: Engines, company: Company, model: str, beta: bool, count: Callable[[Note], None]
    ) -> None:
        self.id = items.new_id("sess")
        self.outbox = Outbox(UNSENT)
        self._engines, self._company = engines, company
        self._options = Options(model=model)
        self._items = Items(engines.settings.history_chars)
        self._beta = beta
        self._count = count
        self._conversation: Conversation | None = None

    async def open(self) -> None:
        """Begin, and say so."""
        self._conversation = await self._begun(self._options)
        self._tell("session.created")
        self.outbox.put(
            {
                "type": "conversation.created",
                "conversation": {"id": self._conversation.id, "object": "realtime.conversation"},
            }
        )

    async def take(self, frame: str | bytes) -> None:  # noqa: C901  # one case an event
        """See `session.Dialect`."""
        if isinstance(frame, bytes):
            raise Refusal(400, "This socket takes text frames; send sound by input_audio_buffer.append.")
        try:
            event = EVENT.validate_json(frame)
        except ValidationError as error:
            raise invalid(error, "") from error
        now = self._running
        match event:
            case Append(audio=audio):
                now.hear(decode(audio))
                return
            case SessionUpdate(session=some):
                await self._update(some, event.event_id)
                return
            case Commit():
                errand = now.commit
            case Clear():
                errand = now.clear
            case ItemCreate(item=item, previous_item_id=after):

                def errand() -> None:
                    now.create(self._item(item), after)
            case ItemDelete(item_id=item_id):

                def errand() -> None:
                    now.delete(item_id)
            case ItemRetrieve(item_id=item_id):

                def errand() -> None:
                    now.record.retrieve(item_id)
            case ItemTruncate(item_id=item_id, audio_end_ms=end_ms):

                def errand() -> None:
                    now.truncate(item_id, end_ms)
            case ResponseCreate(response=once):

                def errand() -> None:
                    now.respond(once)
            case ResponseCancel(response_id=response_id):

                def errand() -> None:
                    now.cancel(response_id)

        now.do(errand, event.event_id)

    def frame(self, item: Event | Sound) -> str:
        """See `session.Dialect`."""
        if isinstance(item, Sound):
            delta = base64.b64encode(item.data).decode()
            item = {"type": "response.output_audio.delta", **item.about, "delta": delta}
        elif self._engines.settings.serve_log_words and (words := WORDS.get(item["type"])):
            LOG.info("said", extra={"session": self.id, "event": item["type"], "words": item[words]})
        if self._beta:
            item = {**item, "type": BETA.get(item["type"], item["type"])}
        return json.dumps(item)

    async def close(self) -> None:
        """End the path."""
        if self._conversation:
            self._conversation.stop()
            await asyncio.to_thread(self._conversation.join)

    @property
    def _running(self) -> Conversation:
        assert self._conversation is not None
        return self._conversation

    async def _begun(self, options: Options) -> Conversation:
        return await asyncio.to_thread(
            Conversation,
            self._engines,
            self._company,
            options,
            self._items,
            self.outbox.put,
            self._failed,
            self._count,
        )

    def _failed(self, error: Exception) -> None:
        self.outbox.put(session.fault(as_refusal(error)))
        self.outbox.end(session.BROKEN)

    async def _update(self, some: dict[str, Any], event_id: str | None) -> None:
        try:
            options = update(self._options, some)
        except ValidationError as error:
            raise invalid(error, "session.") from error
        old, new = self._options.audio, options.audio
        if (old.input.format, old.output.format) != (new.input.format, new.output.format):
            await self._reshape(options)
            return

        def errand() -> None:
            self._running.update(options)
            self._options = options
            self._tell("session.updated")

        self._running.do(errand, event_id)

    async def _reshape(self, options: Options) -> None:
        """Begin again in other formats, before anything was heard."""
        if self._running.begun:
            raise Refusal(400, "Formats are fixed once sound was heard; set them before.", "session.audio")
        before, self._options, self._conversation = self._running, options, await self._begun(options)
        before.stop()
        self._tell("session.updated")

    def _tell(self, kind: str) -> None:
        shown = self._options.model_dump(mode="json")
        shown["audio"]["output"]["voice"] = self._running.voice
        shown["instructions"] = self._running.instructions
        about = {"id": self.id, "object": "realtime.session", "expires_at": int(time.time()) + EXPIRES_S}
        self.outbox.put({"type": kind, "session": {**about, **shown}})

    def _item(self, item: ClientItem) -> Item:
        match item:
            case CallItem():
                return items.call(item.name, item.arguments, item.call_id, item.id)
            case CallOutputItem():
                return items.call_output(item.call_id, item.output, item.id)
            case MessageItem():
                return self._message(item)

    def _message(self, item: MessageItem) -> Item:
        content: list[dict[str, Any]] = []
        for part in item.content:
            if part.type == "input_audio":
                words = part.transcript or self._running.read(part.audio or "")
                content.append({"type": "input_audio", "transcript": words})
            elif part.type in {"output_audio", "audio"}:
                content.append({"type": "output_audio", "transcript": part.transcript or ""})
            else:
                kind = "output_text" if item.role == "assistant" else "input_text"
                content.append({"type": kind, "text": part.text or ""})
        text = " ".join(filter(None, (part.get("text") or part.get("transcript") for part in content)))
        return items.message(item.role, content, text, item.id)


def routes(engines: Engines, seats: Seats, idle_s: float, count: Callable[[Note], None]) -> APIRouter:
    """The route."""
    router = APIRouter()
    company = Company()

    @router.websocket("/v1/realtime")
    async def realtime(socket: WebSocket) -> None:
        def begin() -> RealtimeSession:
            model = socket.query_params.get("model", engines.settings.llm)
            if not MODELS.fullmatch(model):
                check_model(model, {engines.settings.llm})
            beta = "realtime=v1" in socket.headers.get("openai-beta", "")
            return RealtimeSession(engines, company, model, beta, count)

        await session.hold(socket, begin, seats, idle_s)

    return router
