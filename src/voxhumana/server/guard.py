"""Who may come in, before any route is asked: an ASGI layer around the whole app, HTTP and WebSocket alike.

    Host -> Origin -> token (`door`) -> size of the body -> the app

A page elsewhere can make a browser send requests here, or point a name of its own at 127.0.0.1 (DNS
rebinding); what such requests cannot forge is `Origin` and `Host`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import URL, Headers
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.server.door import COOKIE, Door, query_token
from voxhumana.server.refusal import Refusal, as_refusal


class Guard:
    """The layer; it notes who asks in `scope["state"]["bearer"]`.

    Args:
        app: What it guards.
        settings: Names and origins that are ours, and the longest body.
        door: Asks for tokens.
    """

    def __init__(self, app: ASGIApp, settings: Settings, door: Door) -> None:
        self._app = app
        self._settings = settings
        self._door = door
        self._longest = round(settings.serve_body_mb * 1e6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check(headers)
            scope.setdefault("state", {})["bearer"] = await self._door.admit(scope, headers)
            if token := query_token(scope):
                await _remembered(token, scope)(scope, receive, send)
            elif scope["type"] == "http":
                await self._bounded(scope, headers, receive, send)
            else:
                await self._app(scope, receive, send)
        except Refusal as refusal:
            await refuse(refusal, scope, receive, send)
        except VoxError as error:
            await refuse(as_refusal(error), scope, receive, send)

    async def _bounded(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Pass a request on; of one whose body is too long, what the app says is lost."""
        declared = headers.get("content-length", "0")
        read, long = 0, declared.isdecimal() and int(declared[:20]) > self._longest
        answered = False

        async def counted() -> Message:
            nonlocal read, long
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._longest:
                long = True
                return {"type": "http.disconnect"}
            return message

        async def told(message: Message) -> None:
            nonlocal answered
            if not long:
                answered = True
                await send(message)

        if not long:
            try:
                await self._app(scope, counted, told)
            except ClientDisconnect:
                if not long:
                    raise
        if long and not answered:
            raise Refusal(
                413, f"The body is over {self._settings.serve_body_mb:g} MB; send less.", code="too_long"
            )

    def _check(self, headers: Headers) -> None:
        settings = self._settings
        host = headers.get("host", "")
        if not known_host(host, [settings.serve_host, *settings.serve_hosts]):
            raise Refusal(
                403,
                "This server is not known by that name; add it to the setting serve_hosts.",
                code="host_not_allowed",
            )
        origin = headers.get("origin")
        if origin is not None and not known_origin(origin, host, settings.serve_origins):
            raise Refusal(
                403,
                "Pages of that origin may not use this server; add it to the setting serve_origins.",
                code="origin_not_allowed",
            )


def known_host(host: str, names: Sequence[str]) -> bool:
    """Whether a `Host` header names this server: `localhost`, a bare address, or one of `names`.

    An address cannot be rebound; only names can.
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if name is None:
        return False
    if name == "localhost" or name in {known.lower() for known in names}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def known_origin(origin: str, host: str, origins: Sequence[str]) -> bool:
    """Whether a page is ours: served under the very name and port it asks, or one of `origins`."""
    if origin.rstrip("/").lower() in {known.rstrip("/").lower() for known in origins}:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()


def _remembered(token: str, scope: Scope) -> RedirectResponse:
    """The same page without the token in its address, which a cookie keeps instead."""
    url = URL(scope=scope).remove_query_params("token")
    answer = RedirectResponse(url.path + (f"?{url.query}" if url.query else ""), 303)
    secure = scope.get("scheme") == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket that is not open yet, with a refusal."""
    if scope["type"] == "http":
        await refusal.answer()(scope, receive, send)
        return
    socket = WebSocket(scope, receive, send)
    if "websocket.http.response" in scope.get("extensions", {}):
        await socket.send_denial_response(refusal.answer())
    else:
        await socket.close(1008, str(refusal))
