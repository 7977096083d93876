"""A WebSocket session: one task reads, one writes, and the first to end ends the other.

    peer -> frames -> `Session.take` (the protocol's own)      outbox -> peer

Both protocols, `/v1/convert` and `/v1/realtime`, are dialects: `open`, `take`, `frame` and `close`; this file
knows the socket, its time-outs and its end, and nothing of sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voxhumana.errors import VoxError
from voxhumana.server.door import SUBPROTOCOL
from voxhumana.server.guard import refuse
from voxhumana.server.journal import LOG
from voxhumana.server.outbox import Event, Outbox, Sound
from voxhumana.server.refusal import Refusal, as_refusal
from voxhumana.server.seats import Seats

FAREWELL_S = 2.0
"""What waits to be sent at the end has so long."""
HASTE_S = 0.2
"""And so long when the server ends: the goodbye matters more."""
MOST_FAULTS = 50
"""Messages that mean nothing, before the session is ended: nobody makes so many by mistake."""
AWAY, ABUSE, BROKEN, LATER = 1001, 1008, 1011, 1013
"""Close codes of RFC 6455, 7.4.1, and of IANA's registry."""
NO_ROOM = 503


class Dialect(Protocol):
    """What is spoken on a socket."""

    outbox: Outbox

    async def open(self) -> None:
        """Begin; the first events go to the outbox."""

    async def take(self, frame: str | bytes) -> None:
        """Obey one frame of the peer.

        Raises:
            Refusal: It cannot be; the session goes on.
        """

    def frame(self, item: Event | Sound) -> str | bytes:
        """What is sent for an item of the outbox."""

    async def close(self) -> None:
        """Give everything back; the peer is gone or about to be."""


async def hold(socket: WebSocket, begin: Callable[[], Dialect], seats: Seats, idle_s: float) -> None:
    """Accept a socket and hold a session on it, or refuse it politely; as `run`."""
    try:
        with seats.seat():
            dialect = begin()
            try:
                await socket.accept(_subprotocol(socket))
            except BaseException:
                await dialect.close()
                raise
            await run(socket, dialect, seats, idle_s)
    except Refusal as refusal:
        await refuse(refusal, socket.scope, socket.receive, socket.send)


async def run(socket: WebSocket, dialect: Dialect, seats: Seats, idle_s: float) -> None:
    """Hold a session on an accepted socket, until either side ends it.

    Args:
        socket: Accepted.
        dialect: What is spoken.
        seats: Says when all should leave.
        idle_s: A peer that is silent for so long is sent away.
    """
    outbox, began_s = dialect.outbox, time.monotonic()
    writer = asyncio.create_task(_write(socket, dialect))
    goodbye: tuple[int, str] = (1000, "")
    try:
        await dialect.open()
        goodbye = await _either(_read(socket, dialect, idle_s), _left(seats), _gone(writer, outbox))
    except WebSocketDisconnect:
        writer.cancel()
    except Exception as error:  # noqa: BLE001  # whatever fails, the peer is told and the server goes on
        refusal = as_refusal(error)
        outbox.put(fault(refusal))
        goodbye = (LATER if refusal.status == NO_ROOM else BROKEN, "")
    finally:
        about = {
            "kind": seats.kind,
            "seconds": round(time.monotonic() - began_s, 1),
            "end": goodbye[1] or "left",
        }
        LOG.info("session", extra={**about, "unsent_dropped": outbox.dropped})
        closing = asyncio.create_task(dialect.close())  # an engine may be busy: the goodbye does not wait
        outbox.end()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await asyncio.wait_for(writer, HASTE_S if seats.leaving.is_set() else FAREWELL_S)
        if socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(*goodbye)
        await closing


def _subprotocol(socket: WebSocket) -> str | None:
    """A browser hangs up where it offers some and none is taken; OpenAI's clients offer `realtime`."""
    offered = socket.scope.get("subprotocols") or []
    return next((name for name in offered if not name.startswith(SUBPROTOCOL)), None)


def fault(refusal: Refusal, event_id: str | None = None) -> dict[str, Any]:
    """The `error` event of the realtime dialect."""
    return {"type": "error", "error": {**refusal.fault.model_dump(), "event_id": event_id}}


async def _read(socket: WebSocket, dialect: Dialect, idle_s: float) -> tuple[int, str]:
    try:
        async with asyncio.timeout(idle_s) as limit:
            return await _obey(socket, dialect, limit, idle_s)
    except TimeoutError:
        dialect.outbox.put(fault(Refusal(408, f"Nothing was heard for {idle_s:.0f} s.", code="idle")))
        return AWAY, "idle"


async def _obey(
    socket: WebSocket, dialect: Dialect, limit: asyncio.Timeout, idle_s: float
) -> tuple[int, str]:
    faults, now_s = 0, asyncio.get_running_loop().time
    while faults < MOST_FAULTS:
        limit.reschedule(now_s() + idle_s)
        message = await socket.receive()
        limit.reschedule(None)  # what is obeyed may take its time
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        frame = message.get("bytes") if message.get("bytes") is not None else message.get("text")
        try:
            await dialect.take(frame or "")
        except (Refusal, VoxError) as error:
            faults += 1
            dialect.outbox.put(fault(as_refusal(error), _event_id(frame)))
    return ABUSE, "too many messages that mean nothing"


def _event_id(frame: object) -> str | None:
    """What the peer called its message, if it can be told."""
    try:
        named = json.loads(frame)["event_id"] if isinstance(frame, str) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return named if isinstance(named, str) else None


async def _write(socket: WebSocket, dialect: Dialect) -> None:
    numbers = itertools.count(1)
    while (item := await dialect.outbox.take()) is not None:
        if not isinstance(item, Sound):
            item = {"type": item["type"], "event_id": f"event_{next(numbers):06}", **item}
        frame = dialect.frame(item)
        if isinstance(frame, bytes):
            await socket.send_bytes(frame)
        else:
            await socket.send_text(frame)


async def _left(seats: Seats) -> tuple[int, str]:
    await seats.leaving.wait()
    return AWAY, "the server ends"


async def _gone(writer: asyncio.Task[None], outbox: Outbox) -> tuple[int, str]:
    """All was sent that will be, or the peer cannot be written to any more."""
    await asyncio.wait([writer])
    return outbox.goodbye


async def _either(*ways: Awaitable[tuple[int, str]]) -> tuple[int, str]:
    """The first of several to end; the others are cancelled."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
