"""`/v1/convert`: live conversion over a WebSocket; the grammar is in `convert_events`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from voxhumana.engine import Block
from voxhumana.server import session
from voxhumana.server.conversion import Conversion
from voxhumana.server.convert_events import MESSAGE, Append, Clear, Commit, Knobs, SessionUpdate
from voxhumana.server.engines import Engines
from voxhumana.server.outbox import Event, Outbox, Sound
from voxhumana.server.pcm import PCM16
from voxhumana.server.refusal import Refusal, as_refusal
from voxhumana.server.seats import Seats

FASTEST_HZ = 48_000
UNSENT_S = 1.0
"""Sound, at that rate, that the peer did not take yet; more is dropped, the oldest first."""


class ConvertSession:
    """One peer.

    Args:
        engines: To be had from.
        knobs: Where they stand at first.
    """

    def __init__(self, engines: Engines, knobs: Knobs) -> None:
        self.id = f"sess_{secrets.token_hex(8)}"
        self.outbox = Outbox(round(UNSENT_S * FASTEST_HZ))
        self._engines = engines
        self._knobs = knobs
        self._conversion: Conversion | None = None
        self._binary = True
        self._meters: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin, and say so."""
        self._conversion = await asyncio.to_thread(self._begin, self._knobs)
        self._tell("session.created")
        self._measure()

    async def take(self, frame: str | bytes) -> None:
        """See `session.Dialect`."""
        if isinstance(frame, bytes):
            self._binary = True
            self._hear(frame)
            return
        match parse(frame):
            case Append(audio=audio):
                self._binary = False
                self._hear(decode(audio))
            case SessionUpdate(session=some):
                await self._update(some)
            case Clear():
                self._running.inlet.clear()
                self.outbox.put({"type": "input_audio_buffer.cleared"})
            case Commit():
                await self._commit()

    def frame(self, item: Event | Sound) -> str | bytes:
        """See `session.Dialect`."""
        if not isinstance(item, Sound):
            return json.dumps(item)
        if self._binary:
            return item.data
        delta = base64.b64encode(item.data).decode()
        return json.dumps({"type": "response.output_audio.delta", "response_id": self.id, "delta": delta})

    async def close(self) -> None:
        """End the path."""
        if self._meters:
            self._meters.cancel()
        if self._conversion:
            self._conversion.stop()

    @property
    def _running(self) -> Conversion:
        assert self._conversion is not None
        return self._conversion

    def _begin(self, knobs: Knobs) -> Conversion:
        return Conversion(
            self._engines, knobs, self._give, lambda: self._tell("session.updated"), self._failed
        )

    def _give(self, block: Block) -> None:
        self.outbox.put(Sound(PCM16.encode(block), len(block)))

    def _failed(self, error: Exception) -> None:
        self.outbox.put(session.fault(as_refusal(error)))
        self.outbox.end(session.BROKEN)

    def _hear(self, data: bytes) -> None:
        if len(data) % PCM16.width:
            raise Refusal(400, "A frame of PCM16 has an even number of bytes.", code="invalid_audio")
        if data:
            self._running.inlet.push(PCM16.decode(data))

    async def _update(self, some: dict[str, Any]) -> None:
        try:
            knobs = Knobs.model_validate(self._knobs.model_dump() | some)
        except ValidationError as error:
            raise invalid(error, "session.") from error
        if not await asyncio.to_thread(self._running.turn, knobs):
            await self._renew(knobs)
        self._knobs = knobs
        self._tell("session.updated")
        self._measure()

    async def _commit(self) -> None:
        await self._renew(self._knobs)
        self.outbox.put({"type": "response.output_audio.done", "response_id": self.id})

    async def _renew(self, knobs: Knobs) -> None:
        """Another path in the place of the one before, which finishes first."""
        successor = await asyncio.to_thread(self._begin, knobs)
        await asyncio.to_thread(self._running.finish)
        self._conversion = successor

    def _tell(self, kind: str) -> None:
        if self._conversion:
            described = {"id": self.id, "object": "realtime.session", **self._conversion.describe()}
            self.outbox.put({"type": kind, "session": described})

    def _measure(self) -> None:
        if self._meters:
            self._meters.cancel()
            self._meters = None
        if self._knobs.meters_ms:
            self._meters = asyncio.create_task(self._tell_meters(self._knobs.meters_ms / 1e3))

    async def _tell_meters(self, pause_s: float) -> None:
        while True:
            await asyncio.sleep(pause_s)
            meters = self._running.meters().model_dump()
            meters["unsent_dropped_ms"] = self.outbox.dropped / self._knobs.rate_hz * 1e3
            self.outbox.put({**meters, "type": "session.meters"})


def routes(engines: Engines, seats: Seats, idle_s: float) -> APIRouter:
    """The route."""
    router = APIRouter()

    @router.websocket("/v1/convert")
    async def convert(socket: WebSocket) -> None:
        def begin() -> ConvertSession:
            try:
                return ConvertSession(engines, Knobs.model_validate(dict(socket.query_params)))
            except ValidationError as error:
                raise invalid(error, "") from error

        await session.hold(socket, begin, seats, idle_s)

    return router


def parse(text: str) -> SessionUpdate | Append | Clear | Commit:
    """One message of the client.

    Raises:
        Refusal: It is none.
    """
    try:
        return MESSAGE.validate_json(text)
    except ValidationError as error:
        raise invalid(error, "") from error


def decode(audio: str) -> bytes:
    """Base64.

    Raises:
        Refusal: It is none.
    """
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "The audio is not base64.", "audio", "invalid_audio") from error


def invalid(error: ValidationError, prefix: str) -> Refusal:
    """What pydantic found, in a sentence."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    what = f"'{prefix}{name}'" if name else "The message"
    return Refusal(
        400,
        f"{what} is not valid: {first['msg'].removeprefix('Value error, ').lower()}.",
        prefix + name or None,
        "invalid_event",
    )
