"""A page's way to the booth and the parlour: a WebSocket, JSON both ways in the grammar of either.

What a slow page has not read yet is bounded: meters are dropped before news, and a page that reads nothing at
all is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from voxhumana.channel import Meters, Notice
from voxhumana.errors import VoxError

UNREAD, UNREAD_METERS = 256, 4
"""Messages a page may leave unread; 4 meters are 70 ms."""

Wish = TypeVar("Wish", contravariant=True)


class Inbox:
    """What a page has yet to be told; filled from any thread, emptied by its socket."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()

    def put(self, news: BaseModel) -> None:
        """Keep a message for the page; never waits."""
        text, drop = news.model_dump_json(), isinstance(news, Meters)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the page with it
            self._loop.call_soon_threadsafe(self._keep, text, drop)

    async def get(self) -> str | None:
        """The next message; None when the page has to go."""
        return await self._queue.get()

    def _keep(self, text: str, drop: bool) -> None:
        unread = self._queue.qsize()
        if unread < (UNREAD_METERS if drop else UNREAD):
            self._queue.put_nowait(text)
        elif unread == UNREAD and not drop:
            self._queue.put_nowait(None)


class Room(Protocol[Wish]):
    """What pages look into: the booth, or the parlour."""

    def join(self, hear: Callable[[BaseModel], None]) -> None:
        """A page looks on from now."""

    def leave(self, hear: Callable[[BaseModel], None]) -> None:
        """A page is gone."""

    def obey(self, wish: Wish) -> None:
        """Do as a page says.

        Raises:
            VoxError: It cannot be done.
        """


def endpoint(room: Room[Wish], parse: Callable[[str], Wish]) -> Callable[[WebSocket], Awaitable[None]]:
    """The WebSocket route to a room."""

    async def visit(socket: WebSocket) -> None:
        await socket.accept()
        inbox = Inbox()
        room.join(inbox.put)
        writer = asyncio.create_task(_write(socket, inbox))
        try:
            while True:
                text = await socket.receive_text()
                try:
                    await run_in_threadpool(room.obey, parse(text))
                except VoxError as error:
                    inbox.put(Notice(text=str(error)))
        except (WebSocketDisconnect, KeyError):  # gone, or it sent something binary
            pass
        finally:
            room.leave(inbox.put)
            writer.cancel()

    return visit


async def _write(socket: WebSocket, inbox: Inbox) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (text := await inbox.get()) is not None:
            await socket.send_text(text)
        await socket.close(1008, "This page does not read; load it again.")
