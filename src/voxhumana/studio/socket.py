"""A page's way to the booth: a WebSocket, JSON both ways in the grammar of `booth`.

What a slow page has not read yet is bounded: meters are dropped before news, and a page that reads nothing at
all is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from voxhumana.channel import Meters, Notice, Report
from voxhumana.errors import VoxError
from voxhumana.studio.booth import Booth, Knobs, parse

UNREAD, UNREAD_METERS = 256, 4
"""Messages a page may leave unread; 4 meters are 70 ms."""


class Inbox:
    """What a page has yet to be told; filled from any thread, emptied by its socket."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()

    def put(self, news: Knobs | Report) -> None:
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


def endpoint(booth: Booth) -> Callable[[WebSocket], object]:
    """The WebSocket route of Live."""

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        inbox = Inbox()
        booth.join(inbox.put)
        writer = asyncio.create_task(_write(socket, inbox))
        try:
            while True:
                text = await socket.receive_text()
                try:
                    await run_in_threadpool(booth.obey, parse(text))
                except VoxError as error:
                    inbox.put(Notice(text=str(error)))
        except (WebSocketDisconnect, KeyError):  # gone, or it sent something binary
            pass
        finally:
            booth.leave(inbox.put)
            writer.cancel()

    return live


async def _write(socket: WebSocket, inbox: Inbox) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (text := await inbox.get()) is not None:
            await socket.send_text(text)
        await socket.close(1008, "This page does not read; load it again.")
