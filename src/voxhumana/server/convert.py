"""`/v1/convert`: live conversion over a WebSocket; the grammar is in `convert_events`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import secrets
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from voxhumana.server import session
from voxhumana.server.convert_events import MESSAGE, Append, Clear, Commit, Knobs, SessionUpdate
from voxhumana.server.outbox import Event, Outbox, Sound
from voxhumana.server.pcm import PCM16
from voxhumana.server.pool.pool import Pool
from voxhumana.server.pool.worker import Job
from voxhumana.server.refusal import Refusal, as_refusal
from voxhumana.server.seats import Seats

FASTEST_HZ = 48_000
UNSENT_S = 1.0
"""Sound, at that rate, that the peer did not take yet; more is dropped, the oldest first."""


class ConvertSession:
    """One peer.

    Args:
        pool: Where conversions run.
        knobs: Where they stand at first.

    Raises:
        Refusal: The pool has no room.
    """

    def __init__(self, pool: Pool, knobs: Knobs) -> None:
        self.id = f"sess_{secrets.token_hex(8)}"
        self.outbox = Outbox(round(UNSENT_S * FASTEST_HZ))
        self._pool = pool
        self._knobs = knobs
        self._job = pool.place(knobs)
        self._binary = True
        self._meters: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin, and say so."""
        await self._begin(self._job, self._knobs)
        self._pool.check(self._job, self._knobs)  # what it weighs is known by now
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
                self._job.clear()
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
        self._job.stop()

    async def _begin(self, job: Job, knobs: Knobs) -> None:
        await job.open(knobs, self._give, lambda: self._tell("session.updated"), self._failed)
        self._pool.learn(knobs, job)

    def _give(self, sound: bytes) -> None:
        self.outbox.put(Sound(sound, len(sound) // PCM16.width))

    def _failed(self, error: Exception) -> None:
        self.outbox.put(session.fault(as_refusal(error)))
        self.outbox.end(session.BROKEN)

    def _hear(self, data: bytes) -> None:
        if len(data) % PCM16.width:
            raise Refusal(400, "A frame of PCM16 has an even number of bytes.", code="invalid_audio")
        if data:
            self._job.push(data)

    async def _update(self, some: dict[str, Any]) -> None:
        try:
            knobs = Knobs.model_validate(self._knobs.model_dump() | some)
        except ValidationError as error:
            raise invalid(error, "session.") from error
        self._pool.check(self._job, knobs)
        if await self._job.turn(knobs):
            self._pool.learn(knobs, self._job)
        else:
            await self._renew(knobs)
        self._knobs = knobs
        self._tell("session.updated")
        self._measure()

    async def _commit(self) -> None:
        await self._renew(self._knobs)
        self.outbox.put({"type": "response.output_audio.done", "response_id": self.id})

    async def _renew(self, knobs: Knobs) -> None:
        """Another path in the place of the one before, which finishes first."""
        before, heir = self._job, self._job.heir()
        try:
            await self._begin(heir, knobs)
            await before.finish()
        except BaseException:
            heir.stop()
            raise
        self._job = heir

    def _tell(self, kind: str) -> None:
        described = {"id": self.id, "object": "realtime.session", **self._job.session}
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
            with contextlib.suppress(Refusal):  # this job ends, and another takes over
                meters = await self._job.meters()
                meters["dropped_ms"] += self._job.dropped / PCM16.width / self._knobs.rate_hz * 1e3
                meters["unsent_dropped_ms"] = self.outbox.dropped / self._knobs.rate_hz * 1e3
                self.outbox.put({**meters, "type": "session.meters"})


def routes(pool: Pool, seats: Seats, idle_s: float) -> APIRouter:
    """The route."""
    router = APIRouter()

    @router.websocket("/v1/convert")
    async def convert(socket: WebSocket) -> None:
        def begin() -> ConvertSession:
            try:
                return ConvertSession(pool, Knobs.model_validate(dict(socket.query_params)))
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
